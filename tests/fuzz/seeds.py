# SPDX-License-Identifier: GPL-2.0-or-later
"""What the fuzzers start from: for each a few inputs that are right, made here, and words worth trying.

A function named after the fuzzer returns its inputs; WORDS has the others.
"""

import os
import re
import struct

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def le(*pairs):
    """le(value, bytes, value, bytes ...)"""
    return b''.join(value.to_bytes(size, 'little') for value, size in zip(pairs[::2], pairs[1::2]))


def place(size, *pieces):
    """So many zeroes with pieces (offset, bytes) in them."""
    image = bytearray(size)
    for offset, data in pieces:
        image[offset:offset + len(data)] = data
    return bytes(image)


# ---- answers of VFIO (linux/vfio.h) ----

def chain():
    """struct vfio_region_info with sparse areas, type and MSI-X; vfio_iommu_type1_info with two capabilities."""
    fixed = le(0, 4, 0xf, 4, 2, 4, 32, 4, 0x10000, 8, 0, 8)
    sparse = le(1, 2, 1, 2, 80, 4, 2, 4, 0, 4, 0, 8, 0x1000, 8, 0x4000, 8, 0x1000, 8)
    kind = le(2, 2, 1, 2, 96, 4, 0x80008086, 4, 1, 4)
    msix = le(3, 2, 1, 2, 0, 4)
    yield fixed + sparse + kind + msix
    yield fixed[:12] + le(40, 4) + fixed[16:] + place(8) + le(1, 2, 1, 2, 40, 4)        # a loop
    limits = le(0, 4, 3, 4, 0xfffff000, 8, 24, 4, 0, 4)
    ranges = le(1, 2, 1, 2, 72, 4, 2, 4, 0, 4, 0, 8, 0xfedfffff, 8, 0xfef00000, 8, (1 << 64) - 1, 8)
    yield limits + ranges + le(3, 2, 1, 2, 0, 4, 65535, 4)


# ---- images ----

def rom():
    def image(header, code, last):
        pcir = b'PCIR' + le(0x8086, 2, 0x0406, 2, 0x20, 2, 0x1c, 2, 3, 1, 0x030000, 3, 2, 2, 1, 2, code, 1, last, 1)
        return place(1024, (0, b'\x55\xaa' + header), (0x18, le(0x40, 2)), (0x40, pcir), (0x60, le(0x1902, 2, 0x1912, 2)),
                     (0x80, b'MZ'))
    bios = le(2, 1)
    efi = le(2, 2, 0xef1, 4, 11, 2, 0x8664, 2) + place(10) + le(0x80, 2)
    for firmware in range(3):
        head = le(0x8086, 2, 0x1916, 2, firmware, 1)
        yield head + image(bios, 0, 0x80)
        yield head + image(bios, 0, 0) + image(efi, 3, 0x80)


def opregion():
    header = (0, b'IntelGraphicsMem'), (0x10, le(8, 4)), (0x16, le(0x0201, 2))
    yield place(0x2000, *header)
    table = place(0x100, (0, b'$VBT SKYLAKE'), (22, le(48, 2, 0x100, 2)), (28, le(48, 4)),
                  (48, b'BIOS_DATA_BLOCK '), (64, le(221, 2, 22, 2, 0xd0, 2)),
                  (70, le(2, 1, 83, 2)), (77, le(39, 1, 8, 2, 0x1806, 2)), (94, le(10, 1)))
    yield place(0x2000, *header, (0x400, table))
    yield place(0x2100, *header, (0x3ba, le(0x2000, 8, 0x100, 4)), (0x2000, table))


def linux_boot():
    for version in (0x200, 0x202, 0x204, 0x206, 0x20a, 0x20f):
        kernel = place(5 * 512 + 256, (0x1f4, le(16, 4)), (0x1fe, le(0xaa55, 2)), (0x202, b'HdrS'),
                       (0x206, le(version, 2)), (0x211, le(1, 1)), (0x22c, le(0x7fffffff, 4)),
                       (0x238, le(2047, 4)), (0x258, le(0x1000000, 8)), (0x260, le(0x400000, 4)))
        yield le(255, 2, 16, 1) + b'root=/dev/sda vga=0x317\0' + kernel


# ---- texts ----

def option_names():
    with open(os.path.join(TOP, 'system/options.c'), encoding='utf-8') as file:
        return re.findall(r'^    \{ "([\w-]+)", (?:NULL|")', file.read(), re.MULTILINE)


def property_names():
    """Names of settings all over the tree."""
    names = set()
    for folder, _, files in os.walk(TOP):
        if '/build' not in folder:
            for name in files:
                if name.endswith('.c'):
                    with open(os.path.join(folder, name), encoding='utf-8') as file:
                        names.update(re.findall(r'PROP\(\w+, \w+, \w+, "([\w.-]+)"', file.read()))
    return sorted(names)


def options():
    lines = [
        '-machine pc,accel=kvm,smp.cpus=2\n-m 1G,slots=2,maxmem=4G\n-smp 4,sockets=2,cores=2',
        '-device vfio-pci,host=00:02.0,addr=2.0,id=gpu\n-set device.gpu.x-vga=on\n-nodefaults',
        '-device {"driver": "vfio-pci", "sysfsdev": "/sys/x", "id": "gpu"}\n-global vfio-pci.x-req=off',
        '-chardev socket,path=/tmp/x,server=on,wait=off,id=c\n-serial chardev:c\n-debugcon stdio\n-nographic',
        '-object memory-backend-memfd,id=m,size=1G,share=on\n-machine memory-backend=m',
        '-rtc base=2020-01-01T00:00:00,clock=vm,driftfix=slew\n-boot order=cd,menu=on\n-uuid 0-0\n-no-reboot',
        '-cpu host,-vmx,+kvm,hv_relaxed\n-name guest=x,process=y\n-msg timestamp=on,guest-name=on\n-S',
        '-fw_cfg name=opt/x,string=y\n-smbios type=1,serial=2\n-device vfio-pci,help',
    ]
    for line in lines:      # a line here is an option and its argument, a line of the input is a word
        yield '\n'.join(word for option in line.split('\n') for word in option.split(' ', 1)).encode()
    for name in option_names():
        yield f'-{name}\nhelp'.encode()


def text():
    yield b'name,key=value,flag,a=b,,c\non\n0x10\n1.5G\n-5\n0000:00:02.0\n1f.7\nnet-0'
    yield b'{"driver": "x", "a": {"b": [1, true, null, -2.5e3, "\\u00e4"]}, \'c\': []} // x'
    yield b'00112233-4455-6677-8899-aabbccddeeff\nlocalhost:4444\n[::1]:22'
    yield b'a\xff\xff\xfb\x01b\xff\xfa\x18\x01\xff\xf0c\xff\xf3'


def qmp():
    negotiate = b'{"execute": "qmp_capabilities"}'
    yield le(254, 1) + negotiate + b"{'execute': 'query-version', 'id': [1, {'a': null}]}{'execute':'add-fd','arguments':{'fdset-id':1}}"
    yield le(7, 1) + b'{"execute": "query-version"}{"exec-oob": "query-fdsets", "id": "\\ud83d\\ude00"}null %p {]\n'
    yield le(64, 1) + negotiate * 2 + b"[1, 2.5e-3, 'a\\n', true] \xff {'execute': 'human-monitor-command'"


def smbios():
    for line in (b'type=0,vendor=v,release=1.2,uefi=on', b'type=1,serial=s,product=p', b'type=2,asset=a',
                 b'type=3,sku=s', b'type=4,sock_pfx=C,max-speed=4000', b'type=17,loc_pfx=D,speed=3200'):
        yield le(4096, 4, 0, 1, 3, 2, 1, 2) + line
    yield le(4096, 4, 255, 1, 3, 2, 1, 2) + b'type=4,serial=' + b'x' * 300      # more than tables can hold


# ---- guests ----

def fw_cfg():
    yield b'\0' + le(0x19, 2) + b'\1' + le(200, 1)
    for control in (0x8 | 0x2 | 0x20 << 16, 0x4, 0x2, 0x10, 0x8 | 0x4 | 0x21 << 16):
        yield b'\3' + struct.pack('>IIQ', control, 300, 0x2000) + le(0x1000, 3)


# Numbers of steps in the table of guest.c.
PORTS, MEMORY, ANY_PORT, ANY_MEMORY, FILL = 0, 4, 7, 8, 9
CONFIGURE, MOVE_BAR, CLOCK, SETTLE, INTERRUPT, WRITE_FILE, LOOK = 10, 12, 13, 14, 17, 19, 20
WRITE_8, WRITE_16, WRITE_32 = 4, 5, 6


def outb(*pairs):
    """Bytes to ports: outb(port, value, port, value ...), then reads of the same ports."""
    ports, values = pairs[::2], pairs[1::2]
    writes = b''.join(le(ANY_PORT, 1, WRITE_8, 1, port, 8, value, 1) for port, value in zip(ports, values))
    return writes + b''.join(le(ANY_PORT, 1, 0, 1, port, 8) for port in ports)


def config_write(devfn, register, how, value):
    return le(CONFIGURE, 1, devfn, 1, register, 1, how, 1, value, 1 << (how & 3))


def devices():
    """Steps as in guest.c."""
    enable = config_write(0x10, 4, WRITE_16, 7)
    yield enable + le(MOVE_BAR, 1, 0x10, 1, 0, 1, 0xe0000000, 4, MOVE_BAR, 1, 0x10, 1, 2, 1, 0xd0000000, 4)
    for n in range(40):
        yield le(PORTS, 1, n, 1, 4, 1, 4, 2, 0xff, 1, CLOCK, 1, 25, 1, PORTS, 1, n, 1, 0, 1, 4, 2, SETTLE, 1)
        yield enable + le(MEMORY, 1, n, 1, WRITE_32, 1, 4, 2, 0x12345678, 4, MEMORY, 1, n, 1, 3, 1, 8, 2)
    for bits in (0x33, 0x22, 0x11, 0):  # shadow memory: both, writes, reads, none
        yield b''.join(config_write(0, register, WRITE_8, bits) for register in range(0x58, 0x73)) + \
            le(ANY_MEMORY, 1, WRITE_32, 1, 0xf0000, 8, 1, 4, ANY_MEMORY, 1, 3, 1, 0xcfffc, 8)
    # power management: its ports at 0xb000, the SMBus at 0xb100, sleep and the timer's interrupt
    ports = config_write(0x0b, 0x40, WRITE_32, 0xb001) + config_write(0x0b, 0x80, WRITE_8, 1)
    ports += config_write(0x0b, 0x90, WRITE_32, 0xb101) + config_write(0x0b, 0xd2, WRITE_8, 1)
    yield ports + outb(0xb002, 0xff, 0xb003, 5, 0xb004, 1, 0xb005, 0x20, 0xb008, 0) + le(CLOCK, 1, 29, 1)
    yield ports + outb(0xb005, 0x34, 0xb005, 0x38, 0xb2, 0xf1) + le(SETTLE, 1)
    yield ports + outb(*(0xb107, 0x55) * 40)
    yield ports + outb(0xb100, 0xff, 0xb104, 0xa1, 0xb103, 0, 0xb102, 0x48)
    for command in (0xff, 0xf2, 0xf4, 0xf5, 0xf6, 0xea, 0xeb, 0xf0, 0xee, 0xec, 0xe9, 0xe7, 0xe8, 0xf3):
        yield outb(0x64, 0xd4, 0x60, command, 0x64, 0xd4, 0x60, 3, 0x60, 0, 0x60, 0)
        yield outb(0x60, command, 0x60, 2, 0x64, 0x20, 0x64, 0x60, 0x60, 0x47, 0x64, 0xd1, 0x60, 0xfe)
    yield outb(*(byte for register in range(16) for byte in (0x70, register, 0x71, 0x26))) + le(CLOCK, 1, 29, 1)
    yield outb(0x3fb, 0x83, 0x3f8, 1, 0x3f9, 0, 0x3fb, 3, 0x3fc, 0x1b, 0x3f9, 15, 0x3fa, 0xc7, 0x3f8, 0x41)
    yield outb(0xcf9, 6, 0x92, 1, 0x501, 0, 0x80, 1, 0x402, 2, 0xe9, 3) + le(SETTLE, 1)
    yield le(FILL, 1, 0x1000, 2, 16, 1) + struct.pack('>IIQ', 0x19000a, 64, 0x2000) + \
        le(ANY_PORT, 1, WRITE_32, 1, 0x518, 8, 0x00100000, 4)
    for key in range(16):                   # etc/ramfb is one of them
        yield le(WRITE_FILE, 1, key, 1) + struct.pack('>Q4sIIII', 0x10000, b'42RX', 0, 64, 32, 256) + \
            b''.join(le(LOOK, 1, console, 1, console, 1, 640, 2, 480, 2) for console in range(8))
    for value in (0x40, 0x10, 0x20, 0xd0, 0xe8, 0x70, 0x90, 0x98, 0xff):    # commands of the flash chips
        yield b''.join(le(ANY_MEMORY, 1, WRITE_8, 1, 0xffff0000 + at, 8, byte, 1, ANY_MEMORY, 1, 0, 1, place, 8)
                       for at, byte in ((0, value), (0, 0xd0), (4, 3), (5, 7))
                       for place in (0xffff0000, 0xffff0010, 0xffff1000))
    for register in (0, 1, 0x10, 0x3f, 0x40):       # of the IOAPIC
        yield le(ANY_MEMORY, 1, WRITE_32, 1, 0xfec00000, 8, register, 4) + \
            le(ANY_MEMORY, 1, WRITE_32, 1, 0xfec00010, 8, 0x8031, 4, ANY_MEMORY, 1, 2, 1, 0xfec00010, 8)
    for index in range(3):
        yield enable + config_write(0x10, 0x92, WRITE_8, index & 1) + config_write(0x10, 0xa2, WRITE_16, 0x8000) + \
            le(INTERRUPT, 1, index, 1, 0, 1, INTERRUPT, 1, index, 1, 1, 1)


def capability_list(*caps):
    """Pieces (length, place, bytes) of fuzz-vfio-config.c: the pointer, then capabilities (offset, id, body)."""
    offsets = [offset for offset, _, _ in caps] + [0]
    pieces = le(1, 1, 0x34, 2, offsets[0], 1)
    for (offset, kind, body), following in zip(caps, offsets[1:]):
        pieces += le(2 + len(body), 1, offset, 2, kind, 1, following, 1) + body
    return pieces


def vfio_config():
    regions = le(0x80 | 14, 1, 0, 1, 0, 2, 0x80 | 20, 1, 0, 1, 0, 2, 6, 1, 0, 1, 0, 2, 16, 1, 0, 1)
    irqs = le(0x13, 1, 0x41, 1, 0x81, 1, 0x11, 1, 0x11, 1)
    bars = le(24, 1, 0x10, 2, 4, 4, 0, 4, 0xc, 4, 0, 4, 1, 4, 0, 4)
    msi, msix = (0x50, 5, le(0x188, 2) + bytes(18)), (0x70, 17, le(7, 2, 0x2000, 4, 0x3000, 4))
    power, express = (0x40, 1, le(3, 2, 0, 4)), (0x90, 16, le(2, 2) + bytes(56))
    flr, vendor = (0xe0, 19, le(6, 1, 3, 1) + bytes(2)), (0xf0, 9, le(8, 1) + bytes(5))
    # the step "configure": write (bit 2) of 2 bytes
    enable = b''.join(le(0, 1, 5, 1, addr, 2, value, 2) for addr, value in ((4, 7), (0x52, 1), (0x72, 0x8000)))
    move = le(3, 1, 0, 1, 0xe0000000, 4, 7, 1)
    access = b''.join(le(5, 1, n, 1, 6, 1, 4 + 16 * n, 2, 1, 4) for n in range(8)) + le(7, 1, 2, 1, 0, 1, 8, 1)
    access += le(10, 1, 0x80, 1, 5, 1, 0, 1, 2, 1, 8, 2, 11, 1, 0, 1, 10, 1, 0, 1)
    for caps in ((power, msi, msix, express, flr, vendor), (msi,), (msix,), ((0x40, 1, b''), (0x40, 1, b''))):
        for how in (1, 4, 1 | 2 << 3, 1 | 3 << 3):
            yield (le(how, 1) + regions + irqs + le(0x8086, 2, 0x1916, 2, 0x030000, 3) + bars +
                   capability_list(*caps) + b'\0\0' + enable + move + access)


def vfio_user():
    """What the server offers, settings, its script (vfio-server.c) and the steps of fuzz-vfio-user.c."""
    # configure: write (bit 2) of 2 bytes; then the BARs, interrupts and all memory there is
    steps = b''.join(le(0, 1, 5, 1, addr, 2, value, 2) for addr, value in ((4, 7), (0x52, 1), (0x72, 0x8000)))
    steps += le(2, 1, 0, 1, 0x10000000, 4, 7, 1, 2, 1, 2, 1, 0x20000004, 4, 7, 1, 2, 1, 4, 1, 0xc001, 4, 7, 1)
    steps += b''.join(le(4, 1, n, 1, 6, 1, 16, 2, 1, 4, 3, 1, n, 1, 2, 1, 8, 2) for n in range(8))
    steps += le(11, 1, 13, 1, 80, 2, 60, 2, 12, 1)
    steps += le(7, 1, 2, 1, 10, 1, 3, 1, 10, 1, 1, 1, 10, 1, 2, 1, 10, 1, 0, 1, 9, 1, 6, 1)
    speak = [le(kind, 1, 0x1000, 4, 100, 3) for kind in (0, 1, 4, 64, 16)]
    speak += [le(0, 1, 0, 4, 1 << 20, 3), le(1, 1, 0xfff0000, 4, 8, 3), le(32, 1, 0xffff, 4, (1 << 64) - 1, 8)]
    deeds = [le(1, 1, 4, 2, 3, 1, 1, 4), le(2, 1, 32, 2, 4, 1, 32, 4), le(3, 1, 4, 2, 3, 1, 3, 4)]
    deeds += [le(4, 1) + word for word in speak] + [le(5, 1, 22, 4)]
    deeds += [le(6, 1, how, 1) for how in (0, 1, 0x11, 0x23, 0x41, 15)] + [le(7, 1, how, 1) for how in (1, 3, 0, 41)]
    for how in range(128):      # nothing but honest answers
        yield le(how, 1, how % 11, 1, 0, 2) + steps
    for number, deed in enumerate(deeds):
        for wait in (0, 7, 15, 31):
            script = le(wait << 3, 1) * (wait & 1) + le(wait << 3 | deed[0], 1) + deed[1:]
            yield le(number & 0x47, 1, number >> 1, 1, len(script), 2) + script + steps
    yield le(0, 4) + steps + b''.join(le(8, 1) + word for word in speak) + le(6, 1)


# ---- clients of VNC (RFC 6143, rfbproto) ----

def be(*pairs):
    """As le(), the other way round."""
    return b''.join(value.to_bytes(size, 'big') for value, size in zip(pairs[::2], pairs[1::2]))


def vnc_messages():
    """One of each kind a client sends once it has been let in."""
    yield be(0, 4, 16, 1, 16, 1, 0, 1, 1, 1, 31, 2, 63, 2, 31, 2, 11, 1, 5, 1, 0, 4)
    yield be(0, 4, 8, 1, 8, 1, 0, 1, 0, 1, 7, 2, 7, 2, 3, 2, 0, 1, 3, 1, 6, 4)
    encodings = (0, 1, 2, 4, 5, 6, 7, 9, 16, 17, *(-n % (1 << 32) for n in (223, 224, 232, 239, 240, 257, 258, 261, 307, 308)))
    yield be(2, 1, 0, 1, len(encodings), 2) + b''.join(be(one, 4) for one in encodings)
    for one in (*encodings, 0xfffe0000, 0xfffe0001, 0xfffe0002, 0xfffe0003, 0xc0a1e5ce, 0xffff8003):
        yield be(2, 1, 0, 1, 2, 2, one, 4, 0xffffff21, 4)
    for incremental in (0, 1):
        yield be(3, 1, incremental, 1, 0, 4, 24, 2, 16, 2)
    for symbol in (0x61, 0xffe3, 0xffe9, 0x31, 0x32):
        yield be(4, 1, 1, 1, 0, 2, symbol, 4)
    yield be(5, 1, 1, 1, 3, 2, 4, 2) + be(5, 1, 0, 1, 0x7fff, 2, 0x8000, 2)
    yield be(6, 1, 0, 3, 5, 4) + b'hello'
    yield be(6, 1, 0, 3, (1 << 32) - 8, 4) + bytes(8)
    yield be(251, 1, 0, 1, 800, 2, 600, 2, 1, 1, 0, 1) + be(0, 8, 800, 2, 600, 2, 0, 4)
    yield be(255, 1, 0, 1, 1, 2, 0x61, 4, 0x1e, 4)


def vnc():
    """How the server is, and the steps of fuzz-vnc.c: 0 says something, 3 reads, and so on."""
    def say(data):
        return b''.join(le(0x80, 1, len(part), 1) + part for part in (data[at:at + 255] for at in range(0, len(data), 255)))
    look = be(3, 1, 0, 1, 0, 4, 24, 2, 16, 2)
    changes = le(6, 1, 2, 1, 3, 1, 5, 1, 4, 1, 3, 1) + le(9, 1, 8, 1, 8, 1, 3, 1, 4, 1, 0x29, 1, 8, 1, 8, 1, 9, 1, 9, 1, 3, 1)
    changes += le(7, 1, 40, 1, 30, 1, 3, 1, 10, 1, 11, 1, 5, 1, 8, 1, 3, 1, 0x18, 1, 3, 1, 8, 1, 3, 1)
    for how in range(4):
        yield le(how, 1) + say(b'RFB 003.008\n') + say(le(how % 2 + 1, 1)) + say(bytes(16)) + say(b'\1')
        yield le(how, 1) + say(b'RFB 003.003\n') + say(b'\1') + say(look) + le(3, 1)
        yield le(how, 1) + say(b'RFB 003.007\n') + say(b'\1') + say(b'\0') + say(look) + le(3, 1)
    for number, message in enumerate(vnc_messages()):
        yield le(4 | number % 4, 1) + say(message) + say(look) + le(3, 1) + changes
        yield le(4 | number % 4, 1) + le(13, 1, 40, 1, len(message), 1) + message + le(3, 1)
        yield le(4 | number % 4, 1) + say(message + look) + le(0x14, 1, 3, 1, 12, 1, 200, 1) + changes + le(5, 1)
    yield le(4, 1) + b''.join(say(message) for message in vnc_messages()) + le(3, 1) + changes
    yield le(4, 1) + say(be(2, 1, 0, 1, 2000, 2)) + le(13, 1, 100, 1, 80, 1) + bytes(80) + le(3, 1)


# ---- to the fuzzers ----

WORDS = {
    'options': lambda: ['-' + name for name in option_names()] + [name + '=' for name in property_names()],
    'smbios': lambda: ['type=', 'vendor=', 'version=', 'release=', 'serial=', 'product=', 'asset=', 'max-speed='],
    'text': lambda: ['0x', ',,', '":', '\\\\u00', '//', '/*', 'true', 'null', 'E+', '1f.7', '00:1f.7'],
    'qmp': lambda: ['execute', 'exec-oob', 'arguments', 'qmp_capabilities', 'query-', '\\\\u', '%', "{'", '}{'],
    'rom': lambda: ['PCIR'],
    'vnc': lambda: ['RFB 003.003', 'RFB 003.007', 'RFB 003.008'],
    'linux-boot': lambda: ['HdrS', 'vga=ask', 'vga='],
}


def quoted(word):
    return '"' + word.replace('"', '\\"') + '"\n'


def write(name, folder, words):
    """Write the seeds of fuzzer @name into a new @folder, its words into the file @words."""
    os.mkdir(folder)
    for number, data in enumerate(globals()[name.replace('-', '_')]()):
        with open(os.path.join(folder, f'seed-{number}'), 'wb') as file:
            file.write(data)
    with open(words, 'w', encoding='utf-8') as file:
        file.writelines(quoted(word) for word in WORDS.get(name, lambda: ['nothing'])())
