/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes to tokens of JSON (RFC 8259), one byte at a time: a token is told with
 * its last byte where that is certain, with the next byte otherwise. As QMP
 * does it: strings may be in single quotes; bytes 0x20 to 0xfd may be in them
 * (whether they are UTF-8 is the parser's question).
 */
#ifndef LIB_JSON_LEXER_H
#define LIB_JSON_LEXER_H

#include <glib.h>
#include <stdint.h>

typedef enum JsonTokenType {
    JSON_TOKEN_OBJECT = '{',
    JSON_TOKEN_OBJECT_END = '}',
    JSON_TOKEN_ARRAY = '[',
    JSON_TOKEN_ARRAY_END = ']',
    JSON_TOKEN_COLON = ':',
    JSON_TOKEN_COMMA = ',',
    JSON_TOKEN_STRING = 's',    /* with its quotes */
    JSON_TOKEN_INTEGER = 'i',
    JSON_TOKEN_FLOAT = 'f',
    JSON_TOKEN_KEYWORD = 'k',   /* any word of small letters */
    JSON_TOKEN_STRAY = '?',     /* cannot be a token, the last byte is why */
    JSON_TOKEN_TOO_LONG = '!',
} JsonTokenType;

enum { JSON_TOKEN_BYTES_MAX = 16 * 1024 * 1024 };

typedef struct JsonLexer {
    int state;
    GString *text;              /* of the token so far */
    void (*token)(void *opaque, JsonTokenType type, const char *text, size_t len);
    void *opaque;
} JsonLexer;

void json_lexer_init(JsonLexer *lexer, void (*token)(void *opaque, JsonTokenType type, const char *text, size_t len),
                     void *opaque);
void json_lexer_finish(JsonLexer *lexer);

/*
 * After a stray or too long token input is skipped until something a message
 * can begin or end with: a bracket, ':', ',', a control character but TAB, or 0xfe, 0xff.
 */
void json_lexer_feed(JsonLexer *lexer, uint8_t byte);

/* Drop what was begun and skip as after a stray token: the parser has had enough. */
void json_lexer_skip(JsonLexer *lexer);

/* Drop what was begun: another peer. */
void json_lexer_reset(JsonLexer *lexer);

#endif
