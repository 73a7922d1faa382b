# SPDX-License-Identifier: GPL-2.0-or-later
"""The monitor of emulated displays: EDID in the first KiB of BAR 2, and the settings that change it."""

from case import PC, case, expect, expect_equal, expect_refused, run_emulator, start, target
from edid import Edid
from vga import Vga


ROOM = 0x400                # behind it are other registers
DEVICES = ('VGA', 'secondary-vga', 'bochs-display')
BLOCK, EXTENSIONS = 128, 126


def display(name, settings=''):
    return f'{PC} -device {name},addr=2' + (f',{settings}' if settings else '')


def monitor_of(m):
    """The EDID, as long as it says."""
    room = m.read(Vga(m).registers, ROOM)
    return Edid(room[:BLOCK * (1 + room[EXTENSIONS])])


def monitor(settings='', name='bochs-display'):
    with start(display(name, settings)) as m:
        return monitor_of(m)


@case(args=None, each={name: name for name in DEVICES})
def a_monitor_is_there(name):
    """It is whole, is not behind its end, and prefers what the contract says."""
    with start(display(name)) as m:
        vga = Vga(m)
        room = m.read(vga.registers, ROOM)
        edid = monitor_of(m)
        expect_equal(edid.problems(), [])
        expect_equal(edid.preferred, (1280, 800))
        expect_equal(round(edid.timings[0].refresh), 75)
        expect(len(edid.data) in (128, 256, 384), f'{len(edid.data)} bytes')
        expect(set(room[len(edid.data):]) <= {0, 0xff}, 'something else behind it')


@case(args=None, each={name: name for name in DEVICES})
def no_monitor(name):
    with start(display(name, 'edid=off')) as m:
        expect_equal(set(m.read(Vga(m).registers, ROOM)), {0xff})


@case(display('bochs-display'))
def every_width_reads_the_same(m):
    registers = Vga(m).registers
    data = m.read(registers, BLOCK)
    for size, read in ((1, m.readb), (2, m.readw), (4, m.readl), (8, m.readq)):
        got = b''.join(read(registers + at).to_bytes(size, 'little') for at in range(0, BLOCK, size))
        expect_equal(got, data, f'{size} bytes')


@case(display('VGA'))
def a_guest_does_not_write_it(m):
    registers = Vga(m).registers
    data = m.read(registers, ROOM)
    m.write(registers, bytes(ROOM))
    m.memset(registers, ROOM, 0xa5)
    expect_equal(m.read(registers, ROOM), data)
    m.qmp('system_reset')
    m.event('RESET')
    Vga(m)
    expect_equal(m.read(registers, ROOM), data)


SIZES = {'1024x768': (1024, 768), '1366x768': (1366, 768), '1920x1080': (1920, 1080), '1920x1200': (1920, 1200),
         '2560x1440': (2560, 1440), '640x480': (640, 480)}


@case(args=None, each=SIZES)
def the_preferred_mode_is_a_setting(row):
    width, height = row
    edid = monitor(f'xres={width},yres={height}')
    expect_equal(edid.problems(), [])
    expect_equal(edid.preferred, (width, height))
    expect_equal(round(edid.timings[0].refresh), 75)


@case(args=None, each={'24 Hz': 24, '60 Hz': 60, '144 Hz': 144})
def the_refresh_rate_is_a_setting(hertz):
    edid = monitor(f'refresh_rate={hertz * 1000}', 'secondary-vga')
    expect_equal(edid.problems(), [])
    expect(abs(edid.timings[0].refresh - hertz) < 0.5, f'{edid.timings[0].refresh} Hz')


@case(args=None, ours='stock says no preferred timing when the clock of the default rate is too fast')
def a_big_screen_has_a_timing():
    """As fast as a detailed timing can be, which is 655.35 MHz."""
    edid = monitor('xres=3840,yres=2160')
    expect_equal(edid.problems(), [])
    expect_equal(edid.preferred, (3840, 2160))


@case(args=None, each={'1024x768': (1024, 768), '1920x1080': (1920, 1080), '1280x1024': (1280, 1024)})
def modes_end_at_the_limits(row):
    """What is too big for the guest is not offered."""
    width, height = row
    edid = monitor(f'xres=800,yres=600,xmax={width},ymax={height}')
    expect_equal(edid.problems(), [])
    expect_equal([mode for mode in edid.standard if mode[0] > width or mode[1] > height], [])
    expect(all(timing.width <= width and timing.height <= height for timing in edid.timings), 'a timing is too big')
    unlimited = monitor('xres=800,yres=600')
    expect(len(unlimited.standard) > len(edid.standard), 'there are no modes that were cut off')


ODD = {'one pixel': 'xres=1,yres=1', 'a width without a height': 'xres=800', 'wider than EDID can say': 'xres=16000,yres=12000',
       'all bits': 'xres=4294967295,yres=4294967295', '5120x2880': 'xres=5120,yres=2880', 'no picture in time': 'refresh_rate=1',
       'a clock beyond the field': 'xres=4095,yres=4095,refresh_rate=4000000', 'every rate': 'refresh_rate=4294967295',
       'no room': 'xmax=1,ymax=1', 'limits below the mode': 'xres=1920,yres=1080,xmax=640,ymax=480'}


@case(args=None, each=ODD)
def what_cannot_be_said_is_still_an_edid(settings):
    edid = monitor(settings)
    expect_equal([one for one in edid.problems() if one != 'no preferred timing'], [])


@case(PC + ' -device secondary-vga,addr=2,id=first,xres=800,yres=600 -device bochs-display,addr=3,xres=1600,yres=900')
def every_display_has_a_monitor_of_its_own(m):
    rooms = [m.read(Vga(m, slot).registers, 2 * BLOCK) for slot in (2, 3)]
    expect_equal([Edid(room[:BLOCK * (1 + room[EXTENSIONS])]).preferred for room in rooms], [(800, 600), (1600, 900)])


@case(args=None, each={name: name for name in DEVICES})
def odd_values_are_refused(name):
    for setting, value in (('xres', '-1'), ('yres', '4294967296'), ('edid', 'auto'), ('refresh_rate', 'x'), ('xmax', '')):
        status, _, text = run_emulator(f'{display(name, f"{setting}={value}")} -display none {target.accel}'.split())
        expect_equal(status, 1, text)
        expect(setting in text, text)


@case(display('VGA'))
def settings_are_listed(m):
    rows = {row['name']: row for row in m.qmp('device-list-properties', typename='bochs-display')}
    for name, kind in (('edid', 'bool'), ('xres', 'uint32'), ('yres', 'uint32'), ('xmax', 'uint32'), ('ymax', 'uint32'),
                       ('refresh_rate', 'uint32')):
        expect_equal(rows[name]['type'], kind, name)
    path = next(row for row in m.qmp('qom-list', path='/machine/peripheral-anon') if row['type'] == 'child<VGA>')
    expect_refused(m.qmp, 'qom-set', path=f'/machine/peripheral-anon/{path["name"]}', property='xres', value=800)
