# SPDX-License-Identifier: GPL-2.0-or-later
"""The cases of tests/qtest that hold for every assigned device, on devices of a kernel with real VFIO."""

from labkit import places
from labkit.case import Case, never, shows

CASES = [
    Case(name="qtest-kernel", about="what holds for every assigned device, driven by tests instead of a guest", only="ours",
         run=f'NVME=$NVME IGD=$IGD MTTY=$MTTY python3 -B {places.REPOSITORY}/tests/qtest/run --emulator "$EMULATOR" test_vfio_both',
         timeout=180,
         checks=(shows("stdout", r"^1\.\.\d\d", r"^ok .*NVME", r"^ok .*IGD", r"^ok .*MTTY"), never("stdout", r"^not ok"))),
]
