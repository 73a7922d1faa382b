/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An interrupt line: who hears it and as which number. */
#ifndef CORE_IRQ_H
#define CORE_IRQ_H

typedef struct Irq {
    void (*set)(void *to, int n, int level);
    void *to;
    int n;
} Irq;

/* Drive the line to @level (0 or 1). A line that leads nowhere is silent. */
static inline void irq_set(const Irq *irq, int level)
{
    if (irq->set) {
        irq->set(irq->to, irq->n, level);
    }
}

/* Up and down again, for edge-triggered inputs. */
static inline void irq_pulse(const Irq *irq)
{
    irq_set(irq, 1);
    irq_set(irq, 0);
}

#endif
