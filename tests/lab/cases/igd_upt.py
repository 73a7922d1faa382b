# SPDX-License-Identifier: GPL-2.0-or-later
"""Intel GPUs as secondary devices: any slot, with or without their OpRegion, several at once.

Stock 7.2 hides the host's addresses in legacy mode only; otherwise guests see what the host's firmware wrote.
"""

from labkit import gpu as igd
from labkit.case import Case, never, shows
from labkit.pictures import show
from labkit.session import APPEND, DONE, PAINT, go, picture, session, wait

SKYLAKE = igd.load("IGD")
METEOR_LAKE = igd.load("IGDMTL")

# Several in one guest: which, where, and what is looked at of each.
SEVERAL = {"IGD6": "05.0", "IGD12": "06.0", "IGDMTL": "07.0", "IGD0380": "08.0"}


def no_bridge(seen):
    """Nothing was put at 1f.0."""
    never("guest:pci", r"^0000:00:1f")(seen)


def each_on_its_own(seen):
    """Every GPU is there, and shows nothing of the host."""
    for name, slot in SEVERAL.items():
        gpu = igd.load(name)
        igd.identified(gpu, slot)(seen)
        config = igd.config_bytes(seen, f"guest:config-{name}")
        own = ("GGC", "BDSM") if gpu.generation >= 11 else ("GGC",)    # stolen memory is where the host's is
        for register, value in gpu.registers.items():
            if register not in own:
                where = config.find((value & ~igd.LOCK).to_bytes(4, "little")[1:])
                seen.expect(where < 0, f"guest: the host's {register} of {name} at config {where:#x}")


CASES = [
    Case(
        name="igd-upt", about="Skylake at 00:05.0 with x-igd-opregion=on: OpRegion and stolen memory, no bridge",
        arguments="-device vfio-pci,host=$IGD,addr=5,rombar=0,x-igd-opregion=on",
        guest=SKYLAKE.look("05.0"), only="ours",
        checks=(*igd.usual_checks(SKYLAKE, "05.0"), no_bridge)),
    Case(
        name="igd-upt-no-opregion", about="Skylake at 00:05.0 with x-igd-opregion=off: no OpRegion, nothing of the host",
        arguments="-device vfio-pci,host=$IGD,addr=5,rombar=0,x-igd-opregion=off",
        guest=SKYLAKE.look("05.0"), only="ours",
        checks=(igd.identified(SKYLAKE, "05.0"), igd.opregion_absent, igd.host_addresses_hidden(SKYLAKE),
                igd.keeps_host_registers(SKYLAKE), no_bridge)),
    Case(
        name="igd-beside-vga", about="an emulated VGA is the primary display, the Skylake at 00:05.0 the second one",
        arguments="-device VGA,addr=2 -device vfio-pci,host=$IGD,addr=5,rombar=0", append=APPEND,
        guest=SKYLAKE.look("05.0") + PAINT, only="ours",
        run=session(wait("lab: painted"), picture("beside"), go()),
        checks=(igd.identified(SKYLAKE, "05.0"), igd.opregion_absent, igd.host_addresses_hidden(SKYLAKE),
                igd.keeps_host_registers(SKYLAKE), no_bridge,
                shows("firmware", r"PCI: Using 00:02.0 for primary VGA", r"Running option rom at c000:0003"),
                shows("guest:pci", r"^0000:00:02.0 1234:1111 030000$"),
                show("beside", 1024, 768), *DONE)),
    Case(
        name="igd-meteor-lake", about="a GPU without stolen memory: its OpRegion is all it needs",
        arguments="-device vfio-pci,host=$IGDMTL,addr=2,rombar=0,x-igd-opregion=on",
        guest=METEOR_LAKE.look(), checks=igd.usual_checks(METEOR_LAKE)),
    Case(
        name="igd-several", about="generations 6 and 12, Meteor Lake and a GPU of class 0380 in one guest",
        arguments=" ".join(f"-device vfio-pci,host=${name},addr={slot[:2]},rombar=0,x-igd-opregion=off"
                           for name, slot in SEVERAL.items()),
        guest="section pci pci_ids\n" + "".join(
            f"section config-{name} config_space 00:{slot}\n" for name, slot in SEVERAL.items()),
        only="ours", checks=(each_on_its_own, shows("guest", "lab: guest ends"))),
]
