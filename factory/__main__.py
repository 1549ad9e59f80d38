"""Command line of the factory: `python -m factory world --seed N --out DIR`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from labutils.errors import LabsError


def world_command(args: argparse.Namespace) -> None:
    from .world import build_world, write_world

    out = write_world(build_world(args.seed), args.out)
    print(f"wrote the world of seed {args.seed} to {out}")


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m factory", description="Make the course world and the embedded model.")
    commands = top.add_subparsers(dest="command", required=True)
    world = commands.add_parser("world", help="draw a world of contracts with questions")
    world.add_argument("--seed", type=int, default=7, help="seed of the world (default: 7, the course world)")
    world.add_argument("--out", type=Path, required=True, help="folder to write to; a world in it is replaced")
    world.set_defaults(run=world_command)
    return top


def main(argv: list[str] | None = None) -> int:
    args = parser().parse_args(argv)
    try:
        args.run(args)
    except LabsError as fault:
        print(f"error: {fault}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
