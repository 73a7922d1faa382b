/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands as a test asks them: a row is a command and the answer it must get. */
#ifndef TESTS_UNIT_ASK_H
#define TESTS_UNIT_ASK_H

#include "core/command.h"

/* "NAME {arguments}" to the value returned, or "CLASS: what was wrong"; the caller frees it. */
static inline char *ask(const char *line)
{
    static const char *const classes[] = { "GenericError", "CommandNotFound", "DeviceNotFound", "DeviceNotActive" };
    g_auto(GStrv) words = g_strsplit(line, " ", 2);
    const QmpCommand *command = qmp_command_find(words[0]);
    Error *err = NULL;

    g_assert_nonnull(command);
    g_autoptr(Json) arguments = words[1] ? json_parse(words[1], &err) : NULL;
    g_assert_null(err);
    g_autoptr(Json) ret = qmp_command_run(command, arguments, NULL, &err);
    if (ret) {
        return json_print(ret);
    }
    char *text = g_strdup_printf("%s: %s", classes[error_class(err)], error_message(err));
    error_free(err);
    return text;
}

/* The answer to @line is @expected, in which '*' stands for anything and '?' for any character. */
static inline void expect_answer(const char *line, const char *expected, char *(*to_ask)(const char *))
{
    g_autofree char *got = to_ask(line);

    g_test_message("%s -> %s", line, got);
    if (!g_pattern_match_simple(expected, got)) {
        g_test_message("expected: %s", expected);
        g_test_fail();
    }
}

typedef struct Asked {
    const char *line, *answer;
} Asked;

/* QMP commands, and HMP commands with what they print. */
#define ASK_ALL(rows)                                           \
    for (unsigned i_ = 0; i_ < G_N_ELEMENTS(rows); i_++) {      \
        expect_answer(rows[i_].line, rows[i_].answer, ask);     \
    }
#define SAY_ALL(rows)                                           \
    for (unsigned i_ = 0; i_ < G_N_ELEMENTS(rows); i_++) {      \
        expect_answer(rows[i_].line, rows[i_].answer, hmp_run); \
    }

#endif
