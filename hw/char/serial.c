/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The registers and interrupts of a 16550A; see serial.h. Sections below are of the PC16550D data sheet. */
#include "hw/char/serial.h"

#include <linux/serial_reg.h>
#include <string.h>

#include "lib/log.h"

enum {
    REGISTER_COUNT = 8,
    LSR_ERRORS = UART_LSR_OE | UART_LSR_PE | UART_LSR_FE | UART_LSR_BI,
    LSR_ERROR_IN_FIFO = 0x80,
    MSR_LINES = 0xf0,
    IIR_FIFO_ENABLED = 0xc0,
    IIR_TIMEOUT = 0x0c,             /* character timeout indication */
    MCR_MASK = 0x1f,
    TIMEOUT_CHARACTERS = 4,         /* 8.4: FIFO interrupt mode operation */
    DIVISOR_DEFAULT = 12,           /* 9600 baud, while the guest has not set one */
};

/* ---- FIFOs ---- */

static bool fifo_enabled(const Serial *serial)
{
    return serial->fcr & UART_FCR_ENABLE_FIFO;
}

/* Without FIFOs there is the one holding register. */
static unsigned fifo_size(const Serial *serial)
{
    return fifo_enabled(serial) ? SERIAL_FIFO_SIZE : 1;
}

static void fifo_push(SerialFifo *fifo, uint8_t byte, uint8_t error)
{
    unsigned at = (fifo->head + fifo->count++) % SERIAL_FIFO_SIZE;

    fifo->data[at] = byte;
    fifo->error[at] = error;
}

static uint8_t fifo_pop(SerialFifo *fifo)
{
    uint8_t byte = fifo->data[fifo->head];

    fifo->head = (fifo->head + 1) % SERIAL_FIFO_SIZE;
    fifo->count--;
    return byte;
}

static void fifo_clear(SerialFifo *fifo)
{
    fifo->head = fifo->count = 0;
}

static bool fifo_has_error(const SerialFifo *fifo)
{
    for (unsigned i = 0; i < fifo->count; i++) {
        if (fifo->error[(fifo->head + i) % SERIAL_FIFO_SIZE]) {
            return true;
        }
    }
    return false;
}

/* Bytes at which the receiver interrupts (8.4, FCR bits 6 and 7). */
static unsigned trigger_level(const Serial *serial)
{
    static const uint8_t levels[] = { 1, 4, 8, 14 };

    return fifo_enabled(serial) ? levels[serial->fcr >> 6] : 1;
}

/* ---- interrupts ---- */

static bool looped(const Serial *serial)
{
    return serial->mcr & UART_MCR_LOOP;
}

/* IIR by priority (8.6, table IV): line status, received data, timeout, transmitter, modem. */
static uint8_t interrupt_source(const Serial *serial)
{
    if ((serial->ier & UART_IER_RLSI) && serial->line_errors) {
        return UART_IIR_RLSI;
    }
    if ((serial->ier & UART_IER_RDI) && serial->received.count >= trigger_level(serial)) {
        return UART_IIR_RDI;
    }
    if ((serial->ier & UART_IER_RDI) && serial->timeout_pending) {
        return IIR_TIMEOUT;
    }
    if ((serial->ier & UART_IER_THRI) && serial->thre_pending) {
        return UART_IIR_THRI;
    }
    if ((serial->ier & UART_IER_MSI) && (serial->modem & UART_MSR_ANY_DELTA)) {
        return UART_IIR_MSI;
    }
    return UART_IIR_NO_INT;
}

/* A PC gates the line with OUT2 as well; systems that forget to set it are common, and none relies on the gate. */
static void update_irq(Serial *serial)
{
    bool level = interrupt_source(serial) != UART_IIR_NO_INT;

    if (level != serial->irq_level) {
        serial->irq_level = level;
        irq_set(&serial->irq, level);
    }
}

/* Time of four characters: start bit, data, parity, stop bits at the programmed rate. */
static int64_t timeout_ns(const Serial *serial)
{
    unsigned bits = 1 + 5 + (serial->lcr & UART_LCR_WLEN8) + !!(serial->lcr & UART_LCR_PARITY) +
                    (serial->lcr & UART_LCR_STOP ? 2 : 1);
    unsigned divisor = serial->divisor ? serial->divisor : DIVISOR_DEFAULT;

    return (int64_t)TIMEOUT_CHARACTERS * bits * divisor * NS_PER_SECOND / serial->baudbase;
}

/* Bytes that wait below the trigger level interrupt after four character times without a receive or a read. */
static void restart_timeout(Serial *serial)
{
    serial->timeout_pending = false;
    if (fifo_enabled(serial) && (serial->ier & UART_IER_RDI) && serial->received.count > 0) {
        timer_set(&serial->timeout, clock_now(CLOCK_GUEST) + timeout_ns(serial));
    } else {
        timer_cancel(&serial->timeout);
    }
}

static void on_timeout(void *opaque)
{
    Serial *serial = opaque;

    serial->timeout_pending = serial->received.count > 0;
    update_irq(serial);
}

/* ---- receiver ---- */

/* The byte that came to the front of the FIFO brings its errors into LSR. */
static void show_front_errors(Serial *serial)
{
    if (serial->received.count > 0) {
        serial->line_errors |= serial->received.error[serial->received.head];
    }
}

/* Overrun (8.5, LSR bit 1): a full FIFO stays as it is, a full holding register is overwritten. */
static void receive_byte(Serial *serial, uint8_t byte, uint8_t error)
{
    SerialFifo *fifo = &serial->received;

    if (fifo->count == fifo_size(serial)) {
        serial->line_errors |= UART_LSR_OE;
        if (fifo_enabled(serial)) {
            return;
        }
        fifo_clear(fifo);
    }
    fifo_push(fifo, byte, error);
    if (fifo->count == 1) {
        show_front_errors(serial);
    }
}

static size_t on_can_receive(void *opaque)
{
    const Serial *serial = opaque;

    return looped(serial) ? 0 : fifo_size(serial) - serial->received.count;
}

static void on_receive(void *opaque, const uint8_t *data, size_t len)
{
    Serial *serial = opaque;

    for (size_t i = 0; i < len; i++) {
        receive_byte(serial, data[i], 0);
    }
    restart_timeout(serial);
    update_irq(serial);
}

static void on_event(void *opaque, ChardevEvent event)
{
    Serial *serial = opaque;

    if (event == CHARDEV_BREAK && !looped(serial)) {
        receive_byte(serial, 0, UART_LSR_BI);
        restart_timeout(serial);
        update_irq(serial);
    }
}

static uint8_t read_received(Serial *serial)
{
    if (serial->received.count == 0) {
        return 0;
    }
    uint8_t byte = fifo_pop(&serial->received);
    show_front_errors(serial);
    restart_timeout(serial);
    update_irq(serial);
    if (serial->received.count == 0) {
        chardev_accept_input(serial->chr);
    }
    return byte;
}

/* ---- transmitter ---- */

/* What the chardev takes at once is sent at once; the rest waits for on_writable. */
static void transmit(Serial *serial)
{
    SerialFifo *fifo = &serial->sending;

    while (fifo->count > 0 && chardev_write(serial->chr, &fifo->data[fifo->head], 1) == 1) {
        fifo_pop(fifo);
    }
    serial->thre_pending = fifo->count == 0;
    update_irq(serial);
}

static void on_writable(void *opaque)
{
    Serial *serial = opaque;

    if (serial->sending.count > 0) {
        transmit(serial);
    }
}

static void transmit_looped(Serial *serial, uint8_t byte)
{
    receive_byte(serial, byte, 0);
    restart_timeout(serial);
    serial->thre_pending = true;
    update_irq(serial);
}

static void write_transmit(Serial *serial, uint8_t byte)
{
    serial->thre_pending = false;
    update_irq(serial);     /* down and up again: the interrupt controller sees an edge for every time it is empty */
    if (looped(serial)) {
        transmit_looped(serial, byte);
        return;
    }
    if (serial->sending.count == fifo_size(serial)) {
        fifo_pop(&serial->sending);     /* the guest did not wait for THRE */
    }
    fifo_push(&serial->sending, byte, 0);
    transmit(serial);
}

/* ---- modem lines ---- */

/* Looped back, outputs feed inputs: DTR DSR, RTS CTS, OUT1 RI, OUT2 DCD (8.7). Else somebody is always there. */
static uint8_t modem_lines(const Serial *serial)
{
    if (!looped(serial)) {
        return UART_MSR_DCD | UART_MSR_DSR | UART_MSR_CTS;
    }
    return (serial->mcr & UART_MCR_DTR ? UART_MSR_DSR : 0) | (serial->mcr & UART_MCR_RTS ? UART_MSR_CTS : 0) |
           (serial->mcr & UART_MCR_OUT1 ? UART_MSR_RI : 0) | (serial->mcr & UART_MCR_OUT2 ? UART_MSR_DCD : 0);
}

/* A change of a line sets its bit below, except that RI counts only when it ends (8.8). */
static void update_modem(Serial *serial)
{
    uint8_t lines = modem_lines(serial);
    uint8_t changed = (serial->modem ^ lines) & MSR_LINES;

    if (lines & UART_MSR_RI) {
        changed &= ~UART_MSR_RI;
    }
    serial->modem = lines | (serial->modem & UART_MSR_ANY_DELTA) | changed >> 4;
    update_irq(serial);
}

static void write_mcr(Serial *serial, uint8_t value)
{
    bool was_looped = looped(serial);

    serial->mcr = value & MCR_MASK;
    update_modem(serial);
    if (was_looped && !looped(serial)) {
        chardev_accept_input(serial->chr);
    }
}

/* ---- control registers ---- */

static void clear_receiver(Serial *serial)
{
    fifo_clear(&serial->received);
    restart_timeout(serial);
    chardev_accept_input(serial->chr);
}

static void clear_transmitter(Serial *serial)
{
    if (serial->sending.count > 0) {
        fifo_clear(&serial->sending);
        serial->thre_pending = true;
    }
}

/* Turning FIFOs on or off clears both; the other bits count only with bit 0 set (8.4). */
static void write_fcr(Serial *serial, uint8_t value)
{
    bool toggled = (serial->fcr ^ value) & UART_FCR_ENABLE_FIFO;

    serial->fcr = value & UART_FCR_ENABLE_FIFO ? value & (UART_FCR_ENABLE_FIFO | UART_FCR_TRIGGER_MASK) : 0;
    if (toggled || (fifo_enabled(serial) && (value & UART_FCR_CLEAR_RCVR))) {
        clear_receiver(serial);
    }
    if (toggled || (fifo_enabled(serial) && (value & UART_FCR_CLEAR_XMIT))) {
        clear_transmitter(serial);
    }
    update_irq(serial);
}

/* Enabling the transmitter's interrupt while it is empty interrupts at once. */
static void write_ier(Serial *serial, uint8_t value)
{
    uint8_t changed = serial->ier ^ value;

    serial->ier = value & 0x0f;
    if (changed & UART_IER_THRI) {
        serial->thre_pending = (value & UART_IER_THRI) && serial->sending.count == 0;
    }
    if (changed & UART_IER_RDI) {
        restart_timeout(serial);
    }
    update_irq(serial);
}

/* Reading IIR clears the transmitter's interrupt when that is what it shows. */
static uint8_t read_iir(Serial *serial)
{
    uint8_t source = interrupt_source(serial);

    if (source == UART_IIR_THRI) {
        serial->thre_pending = false;
        update_irq(serial);
    }
    return source | (fifo_enabled(serial) ? IIR_FIFO_ENABLED : 0);
}

static uint8_t read_lsr(Serial *serial)
{
    SerialFifo *fifo = &serial->received;
    uint8_t value = serial->line_errors | (fifo->count > 0 ? UART_LSR_DR : 0) |
                    (serial->sending.count == 0 ? UART_LSR_THRE | UART_LSR_TEMT : 0) |
                    (fifo_enabled(serial) && fifo_has_error(fifo) ? LSR_ERROR_IN_FIFO : 0);

    if (fifo->count > 0) {
        fifo->error[fifo->head] = 0;    /* told */
    }
    serial->line_errors = 0;
    update_irq(serial);
    return value;
}

static uint8_t read_msr(Serial *serial)
{
    uint8_t value = serial->modem;

    serial->modem &= MSR_LINES;
    update_irq(serial);
    return value;
}

/* ---- dispatch ---- */

static bool divisor_shown(const Serial *serial)
{
    return serial->lcr & UART_LCR_DLAB;
}

static uint64_t serial_read(void *opaque, uint64_t offset, unsigned size)
{
    Serial *serial = opaque;

    switch (offset) {
    case UART_RX:
        return divisor_shown(serial) ? serial->divisor & 0xff : read_received(serial);
    case UART_IER:
        return divisor_shown(serial) ? serial->divisor >> 8 : serial->ier;
    case UART_IIR:
        return read_iir(serial);
    case UART_LCR:
        return serial->lcr;
    case UART_MCR:
        return serial->mcr;
    case UART_LSR:
        return read_lsr(serial);
    case UART_MSR:
        return read_msr(serial);
    default:
        return serial->scr;
    }
}

static void write_divisor(Serial *serial, uint64_t offset, uint8_t value)
{
    unsigned shift = offset == UART_DLM ? 8 : 0;

    serial->divisor = (uint16_t)((serial->divisor & ~(0xff << shift)) | value << shift);
}

static void serial_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    Serial *serial = opaque;
    uint8_t byte = (uint8_t)value;

    if (divisor_shown(serial) && offset <= UART_DLM) {
        write_divisor(serial, offset, byte);
        return;
    }
    switch (offset) {
    case UART_TX:
        write_transmit(serial, byte);
        break;
    case UART_IER:
        write_ier(serial, byte);
        break;
    case UART_FCR:
        write_fcr(serial, byte);
        break;
    case UART_LCR:
        serial->lcr = byte;
        break;
    case UART_MCR:
        write_mcr(serial, byte);
        break;
    case UART_SCR:
        serial->scr = byte;
        break;
    default:    /* LSR and MSR: factory test only */
        log_guest("serial: write to register %" G_GUINT64_FORMAT " dropped", offset);
        break;
    }
}

static const RegionOps serial_ops = { .read = serial_read, .write = serial_write, .max_size = 1 };

static const ChardevFront serial_front = {
    .can_receive = on_can_receive,
    .receive = on_receive,
    .event = on_event,
    .writable = on_writable,
};

/* ---- life ---- */

/* 8.10, table III. The scratch register and the divisor keep what they hold. */
void serial_reset(Serial *serial)
{
    serial->ier = serial->fcr = serial->lcr = serial->mcr = 0;
    serial->line_errors = 0;
    serial->modem = modem_lines(serial);
    serial->thre_pending = false;
    fifo_clear(&serial->sending);
    clear_receiver(serial);
    update_irq(serial);
}

bool serial_realize(Serial *serial, const char *chardev_id, Error **errp)
{
    if (serial->baudbase == 0) {
        return fail(errp, "baudbase must not be 0");
    }
    region_init_io(&serial->region, "serial", REGISTER_COUNT, &serial_ops, serial);
    timer_init(&serial->timeout, CLOCK_GUEST, on_timeout, serial);
    serial->divisor = DIVISOR_DEFAULT;
    serial->modem = modem_lines(serial);
    return chardev_attach_id(&serial->chr, chardev_id, &serial_front, serial, errp);
}

void serial_unrealize(Serial *serial)
{
    chardev_detach(serial->chr, serial);
    serial->chr = NULL;
    timer_cancel(&serial->timeout);
    region_finish(&serial->region);
}
