/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A picture of words: what a console shows while its device has nothing to show. */
#ifndef UI_WORDS_H
#define UI_WORDS_H

#include <pixman.h>

/* 640x480 pixels, x8r8g8b8: @text in the middle, light on black, lines separated by newlines. The caller unrefs it. */
pixman_image_t *words_image(const char *text);

#endif
