"""The per-camera table of a run: teacher, untouched nano and student side by side.

python eval/report.py --dataset cnr-ext --root DIR --run DIR [--protocol vehicles|slots|teacher] [--json F] [--html F]

A script: it is ``lotwise report`` under another name, for a checkout that is not installed.
"""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    # Python puts eval/ first on the path; the root in its place makes the package lotwise importable.
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    from lotwise.command_line import main

    main(["report", *sys.argv[1:]])
