/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line, a word a line: it is read and checked, and nothing is made of it. */
#include "accel/cpu-models.h"
#include "lib/log.h"
#include "system/create.h"
#include "tests/fuzz/fuzz.h"

/* They change the process, for all inputs to come. */
static bool is_lasting(const char *word)
{
    static const char *const lasting[] = { "-L", "--L", "-d", "--d", NULL };

    return g_strv_contains(lasting, word);
}

static GPtrArray *read_words(const uint8_t *data, size_t size)
{
    GPtrArray *words = g_ptr_array_new_with_free_func(g_free);

    g_ptr_array_add(words, g_strdup("qemu-system-x86_64"));
    for (Input in = { data, size }; in.left > 0;) {
        char *word = input_text(&in, '\n');
        if (is_lasting(word)) {
            g_free(word);
        } else {
            g_ptr_array_add(words, word);
        }
    }
    return words;
}

static void check_cpu(const Settings *settings)
{
    Error *err = NULL;
    g_autoptr(KeyVals) kv = settings->cpu ? keyval_parse(settings->cpu, "cpu-type", &err) : NULL;

    if (kv) {
        g_autofree char *name = keyval_take(kv, "cpu-type");
        const CpuModel model = { .name = name, .features = kv };
        check_outcome(cpu_model_check(&model, &err), &err);
    }
    error_clear(&err);
}

static void check_settings(const Settings *settings)
{
    uint64_t ram;
    CpuTopology topology;
    Error *err = NULL;

    check_outcome(check_names(settings, &err), &err);
    check_outcome(settings_ram_size(settings, &ram, &err), &err);
    bool ok = settings_topology(settings, &topology, &err);
    check_outcome(ok, &err);
    g_assert(!ok || (topology.cpus > 0 && topology.cpus <= topology.max_cpus));
    check_cpu(settings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GPtrArray) words = read_words(data, size);
    Settings settings;
    Error *err = NULL;

    bool ok = settings_parse(&settings, (int)words->len, (char **)words->pdata, &err);
    check_outcome(ok, &err);
    if (ok && !settings.help) {
        check_settings(&settings);
    }
    settings_finish(&settings);
    log_set_format(false, NULL);    /* it may name the guest of these settings */
    return 0;
}
