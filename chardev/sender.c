/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Output that must arrive whole; see sender.h. */
#include "chardev/sender.h"

size_t sender_waiting(const Sender *sender)
{
    return sender->waiting ? sender->waiting->len : 0;
}

void sender_write(Sender *sender, const void *data, size_t len)
{
    size_t sent = sender_waiting(sender) > 0 ? 0 : chardev_write(sender->chr, data, len);

    if (sent == len) {
        return;
    }
    if (!sender->waiting) {
        sender->waiting = g_string_new(NULL);
    }
    g_string_append_len(sender->waiting, (const char *)data + sent, (gssize)(len - sent));
}

void sender_flush(Sender *sender)
{
    if (sender_waiting(sender) > 0) {
        size_t sent = chardev_write(sender->chr, sender->waiting->str, sender->waiting->len);
        g_string_erase(sender->waiting, 0, (gssize)sent);
    }
}

void sender_clear(Sender *sender)
{
    if (sender->waiting) {
        g_string_free(sender->waiting, true);
        sender->waiting = NULL;
    }
}
