"""The default profile uses no network: every step from loading to an answer, watched by an audit hook."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Python imports sitecustomize by itself in every process, so processes started on the way are watched as well. What is
# seen is written down at once and refused: an attempt that a library swallows still counts, and nothing leaves.
WATCH = """
import os, socket, sys

WATCHED = {"socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo",
           "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo"}
LOG = os.open(os.environ["LABS_TEST_WATCH"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)

def watch(event, arguments):
    if event not in WATCHED:
        return
    who = arguments[0] if arguments else None
    if isinstance(who, socket.socket) and who.family == getattr(socket, "AF_UNIX", None):
        return
    if sys.platform == "win32" and isinstance(who, socket.socket) and arguments[1][0] == "127.0.0.1":
        return  # asyncio builds its socket pair from these there
    if event == "socket.bind" and arguments[1][:2] in (("::1", 0), ("127.0.0.1", 0)):
        return  # how libraries try out whether this machine speaks IPv6; nothing is sent
    os.write(LOG, f"{event} {arguments[1:] if isinstance(who, socket.socket) else arguments}\\n".encode())
    raise PermissionError(f"network use: {event}")

sys.addaudithook(watch)
"""

ANSWER = """
from labutils import chunking, corpus, embedding, models, pipelines, retrieval

world = corpus.load_corpus()
question = world.select(split="test", family="lookup")[0]
wanted = {span.doc_id for span in question.evidence}
documents = [document for document in world.documents if document.id_ in wanted] + world.documents[:1]
nodes = chunking.fixed_size(documents)
index = retrieval.build_index(nodes, embedding.load_embedder())
pipeline = pipelines.RagPipeline(retrieval.hybrid(index, nodes, k=3), models.load_llm())
[answer] = pipeline.answer([question])
print("ANSWER", answer)
"""


def watched(tmp_path: Path, code: str) -> tuple[subprocess.CompletedProcess, list[str]]:
    """Run code in a fresh process of the default profile with an empty home; return the process and what was seen."""
    (tmp_path / "sitecustomize.py").write_text(WATCH, encoding="utf-8")
    log = tmp_path / "seen"
    # The settings that keep libraries offline must come from labutils itself, not from whoever runs the tests.
    dropped = ("LABS_", "HF_", "RAGAS_", "TRANSFORMERS_", "DO_NOT_TRACK", "TOKENIZERS_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    environment |= {
        "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)]), "LABS_TEST_WATCH": str(log),
        "LABS_CACHE": str(tmp_path / "cache"), "HF_HOME": str(tmp_path / "hub"), "HOME": str(tmp_path),
    }
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=180)
    return done, log.read_text(encoding="utf-8").splitlines()


def test_the_default_profile_answers_without_the_network(tmp_path):
    done, seen = watched(tmp_path, ANSWER)
    assert seen == []
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.splitlines()[-1].startswith("ANSWER")


def test_the_watch_sees_a_connection(tmp_path):
    code = "import labutils, socket; socket.socket().connect(('127.0.0.1', 9))"
    done, seen = watched(tmp_path, code)
    assert done.returncode != 0 and "network use" in done.stderr
    assert [line.split()[0] for line in seen] == ["socket.connect"]


def test_the_watch_sees_an_attempt_that_is_swallowed_in_another_process(tmp_path):
    inner = "import urllib.request\ntry: urllib.request.urlopen('http://host.invalid')\nexcept Exception: pass"
    code = f"import subprocess, sys; sys.exit(subprocess.run([sys.executable, '-c', {inner!r}]).returncode)"
    done, seen = watched(tmp_path, code)
    assert done.returncode == 0
    assert seen and seen[0].startswith("socket.getaddrinfo") and "host.invalid" in seen[0]


def test_the_watch_lets_local_sockets_pass(tmp_path):
    done, seen = watched(tmp_path, "import asyncio; asyncio.run(asyncio.sleep(0))")
    assert (done.returncode, seen) == (0, [])
