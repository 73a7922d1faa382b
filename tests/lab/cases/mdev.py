# SPDX-License-Identifier: GPL-2.0-or-later
"""A mediated device: the kernel's sample serial card, whose ports send back what they get."""

from labkit.case import Case, never, shows

# The port is opened once for writing and reading: the card forgets its bytes when it is closed.
ECHO = """
section pci pci_ids
section ports sh -c 'dmesg | grep -E "ttyS|8250|0000:00:05"'
section resource cat /sys/bus/pci/devices/0000:00:05.0/resource
section irqs-before cat /proc/interrupts
stty -F /dev/ttyS1 9600 raw -echo
exec 5<>/dev/ttyS1
for word in alpha bravo charlie; do
    echo $word >&5
    answer=
    read -t 10 -r answer <&5
    echo "sent $word, got $answer"
done
section irqs-after cat /proc/interrupts
exec 5>&-
"""


def by_interrupt(seen):
    """The card's interrupt line counted up while bytes came back: nothing was polled."""
    before, after = (irq_count(seen, f"guest:irqs-{when}") for when in ("before", "after"))
    seen.expect(after > before, f"guest: interrupts of ttyS1 went from {before} to {after}")


def irq_count(seen, section):
    """Interrupts of ttyS1 so far; its line appears when the port is first opened."""
    lines = [line for line in seen.text(section).splitlines() if "ttyS1" in line]
    return sum(int(word) for line in lines for word in line.split()[1:] if word.isdigit())


def mtty(name, about, more="", **rest):
    """A case with the serial card at 00:05.0."""
    return Case(
        name=name, about=about, arguments=f"-device vfio-pci,addr=05.0,sysfsdev=$MTTY{more}", guest=ECHO,
        report=(
            ("the guest's PCI bus:", "guest:pci", "00:05.0"),
            ("its serial driver found the card:", "guest:ports", "ttyS1"),
            ("what was sent came back:", "guest", "^sent"),
            ("interrupts of the card:", "guest", r"IO-APIC.*ttyS1"),
        ),
        checks=(
            shows("guest:pci", r"^0000:00:05.0 4348:3253 070002$"),
            shows("guest:ports", r"0000:00:05\.0: ttyS1 at I/O 0x\w+ \(irq = \d+"),
            shows("guest", "sent alpha, got alpha", "sent bravo, got bravo", "sent charlie, got charlie"),
            by_interrupt,
            never("dmesg", "mtty.*(invalid|error)"),
        ), **rest)


CASES = [
    mtty("mdev", "mtty through sysfsdev=; bytes come back by interrupt", main=True),
    mtty("mdev-no-kvm-intx", "the same, every interrupt through the emulator", ",x-no-kvm-intx=on"),
    mtty("mdev-no-mmap", "the same without direct mappings", ",x-no-mmap=on"),
]
