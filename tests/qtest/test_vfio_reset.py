# SPDX-License-Identifier: GPL-2.0-or-later
"""Resets of an assigned device."""

from case import expect_equal
from qtest import wait_until
from vfio import assigned, change

MSIX_CAP = 0x11


def reset(d):
    d.m.outb(0xcf9, 0x02)
    d.m.outb(0xcf9, 0x06)
    d.m.inb(0)


def resets(d):
    return d.server.counters().get('in DEVICE_RESET', 0)


@assigned('msix.toml')
def a_reset_of_the_machine_resets_the_device(d):
    before = resets(d)
    d.map_bars(2)
    reset(d)
    wait_until(lambda: resets(d) == before + 1, 'DEVICE_RESET')
    wait_until(lambda: d.pci.read16(4) & 7 == 0, 'decoding off')
    expect_equal(d.pci.read32(0x18) & ~0xf, 0)


@assigned('msix.toml')
def interrupts_start_anew_after_it(d):
    base, = d.map_bars(2)
    offset = d.pci.capability(MSIX_CAP)
    d.m.writel(base + 0x2000, 0x100000), d.m.writel(base + 0x200c, 0)
    d.pci.write16(offset + 2, 0x8000)
    d.wait_irqs('msix', lambda irq: irq['vectors'][0]['eventfd'], 'MSI-X')
    reset(d)
    d.wait_irqs('msix', lambda irq: not irq['vectors'][0]['eventfd'], 'MSI-X off')
    d.wait_irqs('intx', lambda irq: irq['vectors'][0]['eventfd'], 'line on')
    expect_equal(d.pci.read16(offset + 2) & 0xc000, 0)
    base, = d.map_bars(2)
    expect_equal(d.m.readl(base + 0x200c), 1)


@assigned('minimal.toml', faults=['when=command:DEVICE_RESET,do=errno:EIO'])
def a_reset_that_fails_is_told_of(d):
    d.map_bars(0)
    reset(d)
    wait_until(lambda: 'cannot be reset' in d.text(), 'a message')
    expect_equal(d.pci.read32(0), 0x00011234)


@assigned(change('minimal.toml', device={'reset': False}))
def a_device_without_reset_is_not_asked_to(d):
    d.map_bars(0)
    reset(d)
    d.pci.read32(0)
    expect_equal(resets(d), 0)


@assigned('msix.toml')
def fifty_resets(d):
    for _ in range(50):
        d.map_bars(2)
        reset(d)
    wait_until(lambda: resets(d) >= 50, 'DEVICE_RESET', 5)
    expect_equal(d.pci.read32(0), 0x00031234)
