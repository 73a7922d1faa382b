/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tokens of one JSON value, and the value they make. */
#ifndef LIB_JSON_TOKENS_H
#define LIB_JSON_TOKENS_H

#include "lib/json-lexer.h"
#include "lib/json.h"

typedef struct JsonToken {
    JsonTokenType type;
    size_t at, len;         /* of its text; 0 for punctuation */
} JsonToken;

typedef struct JsonTokens {
    GArray *tokens;         /* of JsonToken */
    GString *text;
} JsonTokens;

/*
 * The value of balanced @tokens, all of them. False with *errp set: "JSON parse error, expecting
 * value" and others. JSON's null is NULL. Nesting is the caller's to bound.
 */
bool json_tokens_parse(const JsonTokens *tokens, Json **ret, Error **errp);

#endif
