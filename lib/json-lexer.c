/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tokens of JSON; see json-lexer.h. */
#include "lib/json-lexer.h"

#include <stdbool.h>
#include <string.h>

typedef enum State {
    START,
    DOUBLE_QUOTED, DOUBLE_ESCAPE, SINGLE_QUOTED, SINGLE_ESCAPE,
    KEYWORD,
    MINUS, ZERO, DIGITS, POINT, FRACTION, EXPONENT, EXPONENT_SIGN, EXPONENT_DIGITS,
    SKIP,
    PUNCTUATION, STRING,    /* the token is complete with this byte */
    STRAY,
    STATE_COUNT,
} State;

/* From a state by a byte to another; the first row that fits counts. */
static const struct {
    State from;
    uint8_t low, high;
    State to;
} moves[] = {
    { START, '\t', '\n', START }, { START, '\r', '\r', START }, { START, ' ', ' ', START },
    { START, '{', '{', PUNCTUATION }, { START, '}', '}', PUNCTUATION },
    { START, '[', '[', PUNCTUATION }, { START, ']', ']', PUNCTUATION },
    { START, ':', ':', PUNCTUATION }, { START, ',', ',', PUNCTUATION },
    { START, '"', '"', DOUBLE_QUOTED }, { START, '\'', '\'', SINGLE_QUOTED },
    { START, 'a', 'z', KEYWORD },
    { START, '-', '-', MINUS }, { START, '0', '0', ZERO }, { START, '1', '9', DIGITS },

    { DOUBLE_QUOTED, '"', '"', STRING },
    { DOUBLE_QUOTED, '\\', '\\', DOUBLE_ESCAPE },
    { DOUBLE_QUOTED, 0x20, 0xfd, DOUBLE_QUOTED },
    { DOUBLE_ESCAPE, 0x20, 0xfd, DOUBLE_QUOTED },
    { SINGLE_QUOTED, '\'', '\'', STRING },
    { SINGLE_QUOTED, '\\', '\\', SINGLE_ESCAPE },
    { SINGLE_QUOTED, 0x20, 0xfd, SINGLE_QUOTED },
    { SINGLE_ESCAPE, 0x20, 0xfd, SINGLE_QUOTED },

    { KEYWORD, 'a', 'z', KEYWORD },

    { MINUS, '0', '0', ZERO }, { MINUS, '1', '9', DIGITS },
    { ZERO, '0', '9', STRAY },      /* no leading zeroes */
    { ZERO, '.', '.', POINT }, { ZERO, 'e', 'e', EXPONENT }, { ZERO, 'E', 'E', EXPONENT },
    { DIGITS, '0', '9', DIGITS },
    { DIGITS, '.', '.', POINT }, { DIGITS, 'e', 'e', EXPONENT }, { DIGITS, 'E', 'E', EXPONENT },
    { POINT, '0', '9', FRACTION },
    { FRACTION, '0', '9', FRACTION }, { FRACTION, 'e', 'e', EXPONENT }, { FRACTION, 'E', 'E', EXPONENT },
    { EXPONENT, '+', '+', EXPONENT_SIGN }, { EXPONENT, '-', '-', EXPONENT_SIGN },
    { EXPONENT, '0', '9', EXPONENT_DIGITS },
    { EXPONENT_SIGN, '0', '9', EXPONENT_DIGITS },
    { EXPONENT_DIGITS, '0', '9', EXPONENT_DIGITS },

    /* where a message may begin or end, whatever was wrong before */
    { SKIP, '\t', '\t', SKIP }, { SKIP, 0, 0x1f, START }, { SKIP, 0xfe, 0xff, START },
    { SKIP, '{', '{', START }, { SKIP, '}', '}', START }, { SKIP, '[', '[', START }, { SKIP, ']', ']', START },
    { SKIP, ':', ':', START }, { SKIP, ',', ',', START },
    { SKIP, 0, 0xff, SKIP },
};

/* What a byte without a move ends: a token it does not belong to. Other states: it is stray. */
static const JsonTokenType ends_before[STATE_COUNT] = {
    [KEYWORD] = JSON_TOKEN_KEYWORD,
    [ZERO] = JSON_TOKEN_INTEGER, [DIGITS] = JSON_TOKEN_INTEGER,
    [FRACTION] = JSON_TOKEN_FLOAT, [EXPONENT_DIGITS] = JSON_TOKEN_FLOAT,
};

/* What a token is when it is complete with its last byte; punctuation is its own type. */
static const JsonTokenType ends_with[STATE_COUNT] = {
    [STRING] = JSON_TOKEN_STRING,
    [STRAY] = JSON_TOKEN_STRAY,
};

void json_lexer_init(JsonLexer *lexer, void (*token)(void *opaque, JsonTokenType type, const char *text, size_t len),
                     void *opaque)
{
    *lexer = (JsonLexer){ .text = g_string_new(NULL), .token = token, .opaque = opaque };
}

void json_lexer_finish(JsonLexer *lexer)
{
    if (lexer->text) {
        g_string_free(lexer->text, true);
        lexer->text = NULL;
    }
}

static void clear_text(JsonLexer *lexer)
{
    enum { KEEP = 4096 };

    if (lexer->text->allocated_len > KEEP) {    /* one long token is no reason to keep the memory */
        g_string_free(lexer->text, true);
        lexer->text = g_string_new(NULL);
    }
    g_string_truncate(lexer->text, 0);
}

void json_lexer_skip(JsonLexer *lexer)
{
    lexer->state = SKIP;
    clear_text(lexer);
}

void json_lexer_reset(JsonLexer *lexer)
{
    lexer->state = START;
    clear_text(lexer);
}

/* The state is set first: the listener may choose another. */
static void tell(JsonLexer *lexer, JsonTokenType type, State next)
{
    lexer->state = next;
    lexer->token(lexer->opaque, type, lexer->text->str, lexer->text->len);
    clear_text(lexer);
}

static State move(State from, uint8_t byte)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(moves); i++) {
        if (moves[i].from == from && byte >= moves[i].low && byte <= moves[i].high) {
            return moves[i].to;
        }
    }
    return ends_before[from] ? START : STRAY;
}

/* @byte moved the lexer to @to; it is part of the token there is now. */
static void take(JsonLexer *lexer, uint8_t byte, State to)
{
    if (to == START || to == SKIP) {
        lexer->state = (int)to;
        return;
    }
    g_string_append_c(lexer->text, (char)byte);
    if (to == PUNCTUATION) {
        tell(lexer, (JsonTokenType)byte, START);
    } else if (ends_with[to]) {
        tell(lexer, ends_with[to], to == STRAY ? SKIP : START);
    } else if (lexer->text->len > JSON_TOKEN_BYTES_MAX) {
        tell(lexer, JSON_TOKEN_TOO_LONG, SKIP);
    } else {
        lexer->state = (int)to;
    }
}

void json_lexer_feed(JsonLexer *lexer, uint8_t byte)
{
    State from = (State)lexer->state, to = move(from, byte);

    if (to == START && ends_before[from]) {     /* the byte begins something else */
        tell(lexer, ends_before[from], START);
        to = move((State)lexer->state, byte);
    } else if (to == START && from == SKIP) {
        to = move(START, byte);
    }
    take(lexer, byte, to);
}
