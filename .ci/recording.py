"""Runs a demo in a terminal of its own and writes what it shows as an asciicast (v2).

    recording.py BINARY CAST
"""

import json
import os
import pty
import sys
import time

COLUMNS, ROWS = 104, 30
# A post comes in one piece. A line of one takes this long here, in seconds.
LINE = 0.09

binary, cast = sys.argv[1:]

child, terminal = pty.fork()
if child == 0:
    os.environ.update(TERM="xterm-256color", COLUMNS=str(COLUMNS), LINES=str(ROWS))
    os.execv(binary, ["chronicle-connect", "demo"])

begin = time.monotonic()
pieces = []
while True:
    try:
        piece = os.read(terminal, 65536)
    except OSError:  # how Linux tells that the other end is closed
        break
    if not piece:
        break
    pieces.append((time.monotonic() - begin, piece))
_, status = os.waitpid(child, 0)
if status != 0:
    sys.exit(f"the demo ended with status {status}")

with open(cast, "w", encoding="utf-8") as out:
    header = {"version": 2, "width": COLUMNS, "height": ROWS}
    out.write(json.dumps(header) + "\n")
    out.write(json.dumps([0.0, "o", "$ chronicle-connect demo\r\n"]) + "\n")
    shown = 1.0
    read = 0.0
    text = b""
    for at, piece in pieces:
        shown += min(at - read, 1.5)
        read = at
        text += piece
        *lines, text = text.split(b"\n")
        for line in lines:
            out.write(json.dumps([round(shown, 3), "o", line.decode() + "\n"]) + "\n")
            shown += LINE
    if text:
        out.write(json.dumps([round(shown, 3), "o", text.decode()]) + "\n")
