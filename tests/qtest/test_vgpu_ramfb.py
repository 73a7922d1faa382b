# SPDX-License-Identifier: GPL-2.0-or-later
"""vfio-user-pci-nohotplug with ramfb=on: firmware's picture until the vGPU's driver shows a plane, and again after a reset."""

from case import expect, expect_equal
from chipset import FwCfg
from pictures import expect_picture, look, words
from pixels import Picture
from qtest import wait_until
from test_ramfb import Ramfb
from vfio import rows
from vgpu import NOTHING_YET, dmabufs, primary, region, shown, vgpu, wait_seen

NOHOTPLUG = 'vfio-user-pci-nohotplug'
FIRMWARE, DRIVER = Picture(64, 48, 11), Picture(80, 60, 12)
EMPTY = dmabufs(primary(error='ENODEV'))


def early(description=None, settings='display=on,ramfb=on'):
    return shown(description or EMPTY, settings, name=NOHOTPLUG)


@early()
def first_words_then_firmware_then_the_driver(v):
    expect_equal(v.words(), NOTHING_YET)
    Ramfb(v.m).show(FIRMWARE)
    expect_picture(v.seen(), FIRMWARE)
    v.show(DRIVER)
    expect_picture(v.seen(), DRIVER)
    v.plane('primary', error='ENODEV')
    expect_picture(v.seen(), FIRMWARE)


@early()
def a_viewer_sees_it_all(v):
    with v.viewer() as client:
        expect_equal(words(look(client)), NOTHING_YET)
        Ramfb(v.m).show(FIRMWARE)
        wait_seen(client, lambda seen: seen.size == (64, 48), 'firmware')
        expect_picture(look(client), FIRMWARE)
        v.m.writel(0x400000, 0x00123456)
        wait_seen(client, lambda seen: seen.at(0, 0) == (0x12, 0x34, 0x56), 'what firmware draws')
        v.show(DRIVER)
        wait_seen(client, lambda seen: seen.size == (80, 60), 'the driver')
        expect_picture(look(client), DRIVER)


@early()
def after_a_reset_it_begins_anew(v):
    Ramfb(v.m).show(FIRMWARE)
    v.show(DRIVER)
    expect_picture(v.seen(), DRIVER)
    v.plane('primary', error='ENODEV')          # what a device's reset does
    v.m.qmp('system_reset')
    v.m.event('RESET')
    expect_equal(v.words(), NOTHING_YET)
    Ramfb(v.m).show(Picture(48, 32, 13))
    expect_picture(v.seen(), Picture(48, 32, 13))


@early(region(error='ENODEV'))
def with_a_plane_in_a_region(v):
    Ramfb(v.m).show(FIRMWARE)
    expect_picture(v.seen(), FIRMWARE)
    v.show_region(DRIVER)
    expect_picture(v.seen(), DRIVER)


@early()
def a_bad_ramfb_is_no_trouble_for_the_driver(v):
    ramfb = Ramfb(v.m)
    ramfb.set(0xe0000000, 64, 48, 256)
    expect(v.words(), 'no words')
    ramfb.set(1 << 63, 0xffffffff, 0xffffffff, 0xffffffff)
    expect(v.words(), 'no words')
    v.show(DRIVER)
    expect_picture(v.seen(), DRIVER)


@early()
def a_server_dies_and_firmware_draws_on(v):
    Ramfb(v.m).show(FIRMWARE)
    expect_picture(v.seen(), FIRMWARE)
    with v.viewer() as client:
        v.server.die()
        wait_until(lambda: v.pci.read32(0) == 0xffffffff, 'all ones')
        look(client)
        v.seen()
        expect_equal(v.m.status(), 'running')


@rows({'off': 'display=on', 'a ROM': 'display=on,ramfb=on', 'no ROM': 'display=on,ramfb=on,use-legacy-x86-rom=off'})
def files_of_firmware(settings):
    with vgpu(EMPTY, settings, name=NOHOTPLUG) as v:
        names = [name for name in FwCfg(v.m).directory() if 'ramfb' in name]
        wanted = {'display=on': [], 'display=on,ramfb=on': ['etc/ramfb', 'vgaroms/vgabios-ramfb.bin']}.get(settings, ['etc/ramfb'])
        expect_equal(names, wanted)


@shown(EMPTY, 'display=on', name=NOHOTPLUG)
def without_ramfb_it_is_a_display_as_any_other(v):
    expect_equal(v.words(), NOTHING_YET)
    v.show(DRIVER)
    expect_picture(v.seen(), DRIVER)
