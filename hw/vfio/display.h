/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a virtual GPU shows, on a console. */
#ifndef HW_VFIO_DISPLAY_H
#define HW_VFIO_DISPLAY_H

#include "hw/vfio/pci.h"

/* As display=, xres=, yres= and ramfb= say; nothing for display=off. */
bool vfio_display_up(VfioPci *dev, Error **errp);
void vfio_display_down(VfioPci *dev);

/* With the device: its pictures are gone. A device without display is accepted. */
void vfio_display_reset(VfioPci *dev);

#endif
