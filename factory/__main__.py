"""Command line of the factory: `python -m factory world | pretrain | card`."""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path

from labutils.errors import LabsError


def world_command(args: argparse.Namespace) -> None:
    from .world import build_world, write_world

    out = write_world(build_world(args.seed), args.out)
    print(f"wrote the world of seed {args.seed} to {out}")


def pretrain_command(args: argparse.Namespace) -> None:
    from .pretrain import pretrain

    pretrain(args.size, args.folder, int(args.tokens), args.device, args.seed, args.out, args.start, args.minutes)


def card_command(args: argparse.Namespace) -> None:
    from .card import refresh

    for name, skill in refresh(log=args.log, device=args.device)["skills"].items():
        print(f"{name:<60} {skill['value']:.2f} [{skill['low']:.2f}, {skill['high']:.2f}] n = {skill['n']}")


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m factory", description="Make the course world and the embedded model.")
    commands = top.add_subparsers(dest="command", required=True)
    world = commands.add_parser("world", help="draw a world of contracts with questions")
    world.add_argument("--seed", type=int, default=7, help="seed of the world (default: 7, the course world)")
    world.add_argument("--out", type=Path, required=True, help="folder to write to; a world in it is replaced")
    world.set_defaults(run=world_command)
    model = commands.add_parser("pretrain", help="pretrain the embedded model; goes on where it was stopped")
    model.add_argument("--size", default="base", help="nano, small, base or large (default: base)")
    model.add_argument("--folder", type=Path, required=True, help="checkpoints and log, outside the repository")
    model.add_argument("--tokens", type=float, default=18e6, help="tokens of the reading stage (default: 18e6)")
    model.add_argument("--minutes", type=float, default=math.inf, help="end after this time at the latest")
    model.add_argument("--device", default="cpu", help="cpu or cuda (default: cpu)")
    model.add_argument("--seed", type=int, default=0)
    model.add_argument("--start", type=Path, help="finished weights that shall read more, instead of starting from nothing")
    model.add_argument("--out", type=Path, help="where to write the finished model")
    model.set_defaults(run=pretrain_command)
    card = commands.add_parser("card", help="measure the embedded model and write its model card")
    card.add_argument("--log", type=Path, help="log.jsonl of the run that made it")
    card.add_argument("--device", default="", help="on what that run was made, for the card: 'one H200'")
    card.set_defaults(run=card_command)
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
