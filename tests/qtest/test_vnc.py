# SPDX-License-Identifier: GPL-2.0-or-later
"""VNC: what a viewer sees of which display, and what it types."""

import os
import struct

import rfb
from case import PC, case, expect, expect_equal, start, target
from chipset import COMMAND_MEMORY
from qtest import Process, scratch_path
from vfio import DeviceServer
from vga import BPP, ENABLE, ENABLED, LFB, Vga, XRES, YRES
from vnc import COMMAND, DATA, WORDS, expect_codes, expect_prompt, served, viewer, waiting


# ---- looking ----

@case(None)
def words_are_shown_and_clients_counted():
    with served() as (m, path):
        expect_equal(m.qmp('query-vnc'), {'enabled': True, 'host': '', 'service': path, 'family': 'unix', 'auth': 'none',
                                          'clients': []})
        with viewer(path) as client:
            expect_equal((client.width, client.height, client.name), (*WORDS, 'QEMU'))
            expect(len(set(client.look())) == 2, 'there are no words on the picture')
            expect_equal(len(m.qmp('query-vnc')['clients']), 1)
            expect_equal(m.event('VNC_CONNECTED')['data']['client']['family'], 'unix')
            expect_equal(m.event('VNC_INITIALIZED')['data']['server']['auth'], 'none')
            expect('Client: ' in m.hmp('info vnc'), 'info vnc knows no client')
        m.event('VNC_DISCONNECTED')
        expect_equal(m.qmp('query-vnc-servers')[0]['clients'], [])
    expect(not os.path.exists(path), 'the socket is still there')


@case(None)
def windows_have_the_name_of_the_guest():
    """Of a long one what the protocol's libraries can take."""
    for name in 'server-7', 'a' * 300:
        with served(machine=f'{PC} -name guest={name}') as (_, path), viewer(path) as client:
            expect(f'QEMU ({name})'.startswith(client.name) and len(client.name) > 9, client.name)
            client.look()


@case(None)
def pixel_formats_and_encodings():
    """16 bits a pixel; the picture in a form of libvncserver's own (hextile); an update nobody needs does not come."""
    with served() as (_, path), viewer(path) as client:
        client.look()
        client.send(b'\0\0\0\0' + struct.pack('>BBBBHHHBBB3x', 16, 16, 0, 1, 31, 63, 31, 11, 5, 0))
        client.request()
        kind, count, _, _, width, height, encoding = client.unpack('BxHHHHHi')
        expect_equal((kind, count, width, height, encoding), (0, 1, *WORDS, rfb.RAW))
        grey = struct.pack('<H', 23 << 11 | 47 << 5 | 23)     # 192 of 255, as parts of 31 and 63
        pixels = client.recv(width * height * 2)
        expect({pixels[i:i + 2] for i in range(0, len(pixels), 2)} == {b'\0\0', grey}, 'other colours')
        client.request(incremental=True)
        client.sock.settimeout(0.3)
        try:
            client.update()
            expect(False, 'nothing has changed, and still an update came')
        except TimeoutError:
            pass


@case(None)
def tcp_and_the_first_free_display():
    """Displays up to "to"; one that is taken is an error without it."""
    with start(f'{PC} -vnc 127.0.0.1:40,to=90') as m, start(f'{PC} -display vnc=127.0.0.1:40,to=90') as n:
        ports = [int(one.qmp('query-vnc')['service']) for one in (m, n)]
        expect(5940 <= ports[0] < ports[1] <= 5990, ports)
        for port in ports:
            with viewer(('127.0.0.1', port)) as client:
                client.look()
        taken = f'127.0.0.1:{ports[0] - 5900}'
        process = Process([target.path, *PC.split(), '-accel', 'qtest', '-vnc', taken])
        process.expect_status(1)
        expect(f'-vnc {taken}: Failed to bind socket: Address already in use' in process.text(), process.text())
        process.close()


# reason, status of rfbproto's ExtendedDesktopSize
TOLD, ASKED = 0, 1
DONE, PROHIBITED, INVALID, FORWARDED = 0, 1, 3, 4


@case(None, ours="stock has another number (3) for what a device cannot do, and its VGA cannot",
      each={'a display with EDID': (' -vga std', FORWARDED), 'without': (' -device VGA,edid=off', PROHIBITED),
            'no display': ('', PROHIBITED)})
def sizes_are_told_and_wishes_answered(row):
    """Who knows the extended size is told it with every whole picture; a device that cannot follow a window says so."""
    devices, possible = row
    with served(machine=PC + devices) as (m, path), viewer(path, encodings=(rfb.RAW, rfb.EXTENDED_SIZE)) as client:
        client.look()
        reason, status, size, screens = client.layouts.pop()
        expect_equal((reason, status, size, len(screens)), (TOLD, DONE, (client.width, client.height), 1))
        expect_equal(screens[0][1:], (0, 0, *size, 0))
        for wish, answer in (((800, 600), possible), ((0, 600), INVALID), ((800, 0), INVALID), ((800, 600, 0), INVALID),
                             ((800, 600, 255), possible)):
            client.set_size(*wish)
            client.update()
            expect_equal(client.layouts.pop()[:3], (ASKED, answer, size))
        client.look()
        expect_equal(client.layouts.pop()[:2], (TOLD, DONE))
        expect_prompt(m, path)


@case(None)
def sizes_are_not_told_to_others():
    with served() as (_, path), viewer(path) as client:
        client.set_size(800, 600)
        client.look()
        expect_equal(client.layouts, [])


@case(None, ours='stock has a VGA without VNC, and beside assigned devices, too',
      each={'nothing said': ('', True), 'no defaults': ('-nodefaults', False), 'no VGA': ('-vga none', False),
            'another one': ('-device bochs-display', False)})
def a_server_has_something_to_show(row):
    words, expected = row
    with served(machine=f'-machine pc -m 64 {words}') as (m, _):
        expect_equal('1234:1111' in m.hmp('info pci') and 'VGA' in m.hmp('info pci'), expected)
    with start(f'-machine pc -m 64 {words} -display none') as m:
        expect('VGA' not in m.hmp('info pci'), 'a VGA for nobody')


@case(None, ours='assigned from another process')
def an_assigned_gpu_gets_no_display_beside_it():
    """Legacy mode and VNC, which shows words: a VGA would change what the GPU is."""
    with DeviceServer('igd-gen9.toml') as server, \
            served(machine=f'-machine pc -m 64 -device vfio-user-pci,socket={server.socket},addr=2') as (m, path):
        expect('1234:1111' not in m.hmp('info pci'), 'there is a VGA, too')
        expect('mode=legacy' in m.process.text(), m.process.text())
        with viewer(path) as client:
            expect(len(set(client.look())) == 2, 'there are no words on the picture')


# ---- several displays ----

TWO = PC + ' -device VGA,id=one,addr=2 -device bochs-display,id=two,addr=3'
FIRST_SIZE, SECOND_SIZE = (800, 608), (320, 240)


def set_modes(m):
    """Another size on each display."""
    first = Vga(m)
    first.set_dispi_mode(*FIRST_SIZE, 32)
    second = first.device.pci.device(3)
    second.bar(0).map()
    registers = second.bar(2).map()
    second.enable(COMMAND_MEMORY)
    for index, value in ((XRES, SECOND_SIZE[0]), (YRES, SECOND_SIZE[1]), (BPP, 32), (ENABLE, ENABLED | LFB)):
        m.writew(registers + 0x500 + 2 * index, value)


@case(None)
def a_server_for_each_display():
    other = scratch_path('.vnc')
    with served(f',display=two -vnc unix:{other},id=second,display=one,head=0', TWO) as (m, path):
        expect_equal([one.get('display') for one in m.qmp('query-vnc-servers')], ['two', 'one'])
        set_modes(m)
        with viewer(path) as second, viewer(other) as first:
            first.look()
            second.look()
            expect_equal((first.width, first.height), FIRST_SIZE)
            expect_equal((second.width, second.height), SECOND_SIZE)
            second.key(0xffe3, True)        # Ctrl and Alt and 1: there is nothing to choose from
            second.key(0xffe9, True)
            second.type('1')
            second.look()
            expect_equal((second.width, second.height), SECOND_SIZE)
            expect_codes(m, 0x14, 0x11, 0x16, 0xf0, 0x16)


@case(None)
def clients_choose_a_display():
    """Ctrl and Alt are let go for the guest, not for the client; the digit the guest never sees."""
    with served('', TWO) as (m, path):
        set_modes(m)
        with viewer(path, encodings=(rfb.RAW, rfb.NEW_FB_SIZE, rfb.EXTENDED_KEY)) as client:
            client.raw_key(0x1d, True)
            client.raw_key(0x38, True)
            for digit, size in (3, SECOND_SIZE), (2, FIRST_SIZE), (3, SECOND_SIZE):
                client.raw_key(digit, True)
                client.raw_key(digit, False)
                client.look()
                expect_equal((client.width, client.height), size)
            client.raw_key(0x1d, False)
            client.raw_key(0x38, False)
            client.type('2')
            expect_codes(m, 0x14, 0x11, 0xf0, 0x14, 0xf0, 0x11, 0x1e, 0xf0, 0x1e)


@case(None, ours='assigned from another process')
def a_vgpu_beside_a_vga():
    """Both are to be seen: by a server of its own, and by choice."""
    other = scratch_path('.vnc')
    with DeviceServer('mdpy-like.toml') as server, \
            served(f' -vnc unix:{other},id=gpu,display=gpu',
                   f'{PC} -vga std -device vfio-user-pci,socket={server.socket},display=on,id=gpu') as (_, path), \
            viewer(path) as client, viewer(other) as gpu:
        gpu.look()
        expect_equal((gpu.width, gpu.height), (1024, 768))
        client.look()
        expect_equal((client.width, client.height), WORDS)
        client.key(0xffe3, True)
        client.key(0xffe9, True)
        client.type('2')
        client.look()
        expect_equal((client.width, client.height), (1024, 768))


@case(None)
def a_display_that_is_not_there_is_not_chosen():
    """The guest has the keys then, and always when there is one display only."""
    for machine, digit, code in ((TWO, '3', 0x26), (PC + ' -vga std', '1', 0x16)):
        with served('', machine) as (m, path), viewer(path) as client:
            client.key(0xffe3, True)
            client.key(0xffe9, True)
            client.type(digit)
            expect_codes(m, 0x14, 0x11, code, 0xf0, code)


@case(None, each={'no such device': ('display=nope', "Device 'nope' not found"),
                  'no display': ('display=serial', 'Device serial (head 0) is not bound to a QemuConsole'),
                  'no such head': ('display=one,head=1', 'Device one (head 1) is not bound to a QemuConsole')})
def displays_that_do_not_exist(row):
    option, message = row
    path = scratch_path('.vnc')
    process = Process([target.path, *TWO.split(), '-device', 'isa-serial,id=serial', *target.accel.split(),
                       '-vnc', f'unix:{path},{option}'])
    process.expect_status(1)
    expect(f'-vnc unix:{path},{option}: {message}' in process.text(), process.text())
    process.close()


@case(PC + ' -vnc none -display none')
def none_is_no_server(m):
    expect_equal(m.qmp('query-vnc'), {'enabled': False})
    expect_equal(m.qmp('query-vnc-servers'), [])
    expect_equal(m.hmp('info vnc'), 'None\n')


# ---- typing and pointing ----

@case(None)
def keys_by_symbol():
    with served() as (m, path), viewer(path) as client:
        client.type('a')
        expect_codes(m, 0x1c, 0xf0, 0x1c)
        client.key(0xffe1, True)        # Shift_L
        client.type('A!')
        expect_codes(m, 0x12, 0x1c, 0xf0, 0x1c, 0x16, 0xf0, 0x16)
        client.key(0xffff, True)        # Delete
        client.key(0x1000394, True)     # a letter no such keyboard has
        client.key(0xffff, False)
        expect_codes(m, 0xe0, 0x71, 0xe0, 0xf0, 0x71)
        client.close()                  # who leaves lets go
        expect_codes(m, 0xf0, 0x12)


@case(None, each={'a German keyboard': ('de', [(ord('z'), 0x35), (0xfc, 0x54), (ord('@'), 0x15), (0xff1b, 0x76)]),
                  'a French one': ('fr', [(ord('a'), 0x15), (ord('&'), 0x16)]),
                  'a Russian one': ('ru', [(0x6c6, 0x1c), (0x1000444, 0x1c), (ord('a'), 0x1c)])})
def letters_are_where_the_layout_has_them(row):
    layout, keys = row
    with served(f' -k {layout}') as (m, path), viewer(path) as client:
        for symbol, code in keys:
            client.key(symbol, True)
            client.key(symbol, False)
            expect_codes(m, code, 0xf0, code)


@case(None)
def who_leaves_lets_go_of_his_own_keys():
    with served() as (m, path), viewer(path):
        m.qmp('input-send-event', events=[{'type': 'key', 'data': {'down': True, 'key': {'type': 'qcode', 'data': 'w'}}}])
        with viewer(path) as client:
            client.key(ord('a'), True)
            expect_codes(m, 0x1d, 0x1c)
        expect_codes(m, 0xf0, 0x1c)
        m.qmp('input-send-event', events=[{'type': 'key', 'data': {'down': False, 'key': {'type': 'qcode', 'data': 'w'}}}])
        expect_codes(m, 0xf0, 0x1d)


@case(None)
def keys_by_code():
    """A client that knows the extension is told it may; the symbol does not matter then."""
    with served() as (m, path), viewer(path, encodings=(rfb.RAW, rfb.EXTENDED_KEY)) as client:
        client.look()
        expect(client.extended_keys, 'raw key codes were not offered')
        client.raw_key(0x1e, True, ord('q'))
        client.raw_key(0x1e, False, ord('q'))
        client.raw_key(0x9d, True)
        client.raw_key(0x1000, True)
        expect_codes(m, 0x1c, 0xf0, 0x1c, 0xe0, 0x14)


@case(None)
def pointer_moves_the_mouse():
    with served() as (m, path), viewer(path) as client:
        for value in (0xf3, 200, 0xf3, 100, 0xf3, 80, 0xf4):    # a wheel, and reports
            m.outb(COMMAND, 0xd4)
            m.outb(DATA, value)
            waiting(m)
        client.pointer(100, 100)        # where it was before is not known
        client.pointer(103, 98)
        expect_codes(m, 0x08, 3, 2, 0)
        client.pointer(103, 98, 1)
        expect_codes(m, 0x09, 0, 0, 0)
        client.pointer(103, 98, 4)
        expect_codes(m, 0x0a, 0, 0, 0)
        client.pointer(103, 98, 8)      # the wheel: a notch up
        expect_codes(m, 0x08, 0, 0, 0xff)
        client.pointer(102, 98, 0)
        expect_codes(m, 0x18, 0xff, 0, 0)


@case(None)
def movements_of_a_relative_pointer():
    """A client that knows the extension is told which kind the guest's pointer is, and sends movements."""
    with served() as (m, path), viewer(path, encodings=(rfb.RAW, rfb.POINTER_MOTION)) as client:
        client.look()
        expect_equal(client.absolute, False)
        m.outb(COMMAND, 0xd4)       # the mouse reports
        m.outb(DATA, 0xf4)
        waiting(m)
        client.move(5, -3)
        expect_codes(m, 0x08, 5, 3)
        client.move(0, 0, 1)
        expect_codes(m, 0x09, 0, 0)
        client.move(-1, 0, 1)
        expect_codes(m, 0x19, 0xff, 0)


@case(None)
def lights_of_the_keyboard():
    with served() as (m, path), viewer(path, encodings=(rfb.RAW, rfb.LEDS)) as client:
        client.look()
        expect_equal(client.leds, 0)
        for lights in 7, 2:
            m.outb(DATA, 0xed)
            waiting(m)
            m.outb(DATA, lights)
            waiting(m)
            client.update()
            expect_equal(client.leds, lights)
