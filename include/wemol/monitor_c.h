#ifndef WEMOL_MONITOR_C_H
#define WEMOL_MONITOR_C_H

/* libwemol-monitor for C and for what speaks C. What is said in monitor.h of threads, fork() and
 * failures holds here too: nothing that fails outside the program disturbs it.
 *
 * A function that may fail returns a wemol_status; wemol_last_error() then has the reason, one for
 * each thread. Texts are UTF-8 and end with a zero byte. Of an unknown figure a getter returns
 * WEMOL_UNKNOWN and leaves its place alone; in a struct it is NaN. Objects are the caller's and go
 * with their _free(), which takes NULL. A text that is handed out as char *
 * is the caller's, for wemol_free_text(). */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* NOLINTBEGIN(modernize-*, readability-identifier-naming): it is C. */

#define WEMOL_API __attribute__((visibility("default")))

typedef enum wemol_status {
  WEMOL_OK = 0,
  WEMOL_INVALID_ARGUMENT = 1, /* NULL where it may not be, an interval below 0.1 s */
  WEMOL_NOT_WRITTEN = 2,      /* a line is lost, or there was nothing to write */
  WEMOL_UNKNOWN = 3,          /* the figure cannot be read now */
  WEMOL_OUT_OF_RESOURCES = 4  /* no memory, no thread */
} wemol_status;

/* Why the last call in this thread that failed did so; "" where none has. Valid until the next call
 * of this library in this thread. */
WEMOL_API const char* wemol_last_error(void);
WEMOL_API const char* wemol_version(void);
WEMOL_API void wemol_free_text(char* text);

/* ---- Runs ---- */

typedef struct wemol_run wemol_run;

/* All zero: the defaults. */
typedef struct wemol_run_options {
  const char* project;             /* NULL: "default" */
  const char* run_id;              /* NULL: made of time and chance */
  const char* node_id;             /* NULL: SLURM_NODEID, else "localhost" */
  const char* dir;                 /* NULL: WEMOL_DIR, else "./wemol-runs" */
  double collect_interval_seconds; /* 0: 15; else from 0.1 */
  int no_system_monitor;           /* not 0: log() writes the caller's values only */
} wemol_run_options;

typedef enum wemol_kind {
  WEMOL_NULL = 0,
  WEMOL_NUMBER = 1,
  WEMOL_INTEGER = 2,
  WEMOL_BOOLEAN = 3,
  WEMOL_TEXT = 4
} wemol_kind;

typedef struct wemol_metric {
  const char* name;
  wemol_kind kind;
  union {
    double number;
    int64_t integer;
    int boolean;
    const char* text;
  } value;
} wemol_metric;

typedef struct wemol_run_status {
  int is_finished;
  uint64_t lines_written;
  uint64_t lines_lost;
  uint64_t callback_errors;
} wemol_run_status;

/* `options` may be NULL. */
WEMOL_API wemol_status wemol_init(const wemol_run_options* options, wemol_run** run);
/* Valid as long as the run. */
WEMOL_API const char* wemol_run_id(const wemol_run* run);
WEMOL_API const char* wemol_run_file(const wemol_run* run);
/* `step` NULL: the one after the last. */
WEMOL_API wemol_status wemol_run_log(wemol_run* run, const wemol_metric* metrics, size_t count,
                                     const int64_t* step);
/* One number. */
WEMOL_API wemol_status wemol_run_log_number(wemol_run* run, const char* name, double value);
WEMOL_API wemol_status wemol_run_get_status(const wemol_run* run, wemol_run_status* status);
/* Why the last line was lost; "" when none was. The caller's. NULL: no memory. */
WEMOL_API char* wemol_run_last_error(const wemol_run* run);
/* `status` may be NULL. Twice is once. WEMOL_NOT_WRITTEN: lines were lost. */
WEMOL_API wemol_status wemol_run_finish(wemol_run* run, wemol_run_status* status);
/* Finishes it, too. */
WEMOL_API void wemol_run_free(wemol_run* run);
WEMOL_API void wemol_finish_all(void);

/* ---- The host ---- */

/* Looks at the host for one run; samples while it lives. */
typedef struct wemol_monitor wemol_monitor;

WEMOL_API wemol_status wemol_monitor_open(const char* run_id, wemol_monitor** monitor);
WEMOL_API void wemol_monitor_free(wemol_monitor* monitor);

/* The getters wait for the first sample, up to 3 s. */
WEMOL_API wemol_status wemol_get_gpu_count(wemol_monitor* monitor, size_t* count);
/* Of the GPU with this place in the list, from 0 to the count. */
WEMOL_API wemol_status wemol_get_gpu_utilization(wemol_monitor* monitor, size_t place,
                                                 double* percent);
WEMOL_API wemol_status wemol_get_cpu_count(wemol_monitor* monitor, size_t* count);
WEMOL_API wemol_status wemol_get_cpu_usage(wemol_monitor* monitor, double* percent);
/* Over 1, 5 and 15 minutes. */
WEMOL_API wemol_status wemol_get_cpu_load(wemol_monitor* monitor, double load[3]);
WEMOL_API wemol_status wemol_get_memory_usage(wemol_monitor* monitor, double* percent);
WEMOL_API wemol_status wemol_get_memory_bytes(wemol_monitor* monitor, uint64_t* used,
                                              uint64_t* total);
WEMOL_API wemol_status wemol_get_swap_bytes(wemol_monitor* monitor, uint64_t* used,
                                            uint64_t* total);

/* One line each in the run's file. */
WEMOL_API wemol_status wemol_log_all_metrics(wemol_monitor* monitor);
WEMOL_API wemol_status wemol_log_gpu_metrics(wemol_monitor* monitor);
WEMOL_API wemol_status wemol_log_cpu_metrics(wemol_monitor* monitor);
WEMOL_API wemol_status wemol_log_memory_metrics(wemol_monitor* monitor);

/* Lines at an interval, until wemol_logging_end(), which also frees. */
typedef struct wemol_logging wemol_logging;
WEMOL_API wemol_status wemol_logging_begin(wemol_monitor* monitor, double interval_seconds,
                                           wemol_logging** logging);
WEMOL_API void wemol_logging_end(wemol_logging* logging);

typedef struct wemol_spread {
  double min;
  double mean; /* over time */
  double max;
} wemol_spread;

typedef struct wemol_gpu_usage {
  unsigned id;
  char uuid[96];
  char name[96];
  double seconds;
  uint64_t samples;
  wemol_spread utilization_percent;
  wemol_spread memory_used_bytes;
  wemol_spread power_watts;
  wemol_spread temperature_celsius;
  double energy_joules;
} wemol_gpu_usage;

/* What GPUs do until the end; `gpu_id` below 0: all. */
typedef struct wemol_gpu_scope wemol_gpu_scope;
WEMOL_API wemol_status wemol_gpu_usage_begin(wemol_monitor* monitor, int gpu_id,
                                             wemol_gpu_scope** scope);
/* Fills up to `capacity` entries and sets `count` to how many GPUs there are. Frees the scope, but
 * for WEMOL_INVALID_ARGUMENT. */
WEMOL_API wemol_status wemol_gpu_usage_end(wemol_gpu_scope* scope, wemol_gpu_usage* usage,
                                           size_t capacity, size_t* count);

/* ---- A run's monitor ---- */

typedef struct wemol_system_monitor wemol_system_monitor;
typedef struct wemol_subscription wemol_subscription;

/* All zero: the defaults. */
typedef struct wemol_system_monitor_options {
  const char* project;
  const char* node_id;
  const char* dir;
  double collect_interval_seconds; /* 0: as it is, else 15 */
} wemol_system_monitor_options;

WEMOL_API wemol_status wemol_get_run_system_monitor(const char* run_id,
                                                    const wemol_system_monitor_options* options,
                                                    wemol_system_monitor** monitor);
/* The monitor goes on; wemol_cleanup_run_monitor() ends it. */
WEMOL_API void wemol_system_monitor_free(wemol_system_monitor* monitor);
WEMOL_API wemol_status wemol_system_monitor_start(wemol_system_monitor* monitor);
WEMOL_API wemol_status wemol_system_monitor_stop(wemol_system_monitor* monitor);
/* The newest record, and what does not change, each as one line of JSON. */
WEMOL_API wemol_status wemol_get_current_metrics(wemol_system_monitor* monitor, char** json);
WEMOL_API wemol_status wemol_get_system_info(wemol_system_monitor* monitor, char** json);
WEMOL_API wemol_status wemol_log_custom_metric(wemol_system_monitor* monitor, const char* name,
                                               double value);
/* Called in a thread of the run with each record, a slow one with the newest. */
typedef void (*wemol_callback)(const char* record_json, void* user_data);
WEMOL_API wemol_status wemol_add_callback(wemol_system_monitor* monitor, wemol_callback callback,
                                          void* user_data, wemol_subscription** subscription);
/* When it returns the callback does not run any more, unless this is called inside it. Frees. */
WEMOL_API void wemol_unsubscribe(wemol_subscription* subscription);
/* `project` NULL: in every project. */
WEMOL_API void wemol_cleanup_run_monitor(const char* run_id, const char* project);

/* NOLINTEND(modernize-*, readability-identifier-naming) */

#ifdef __cplusplus
}
#endif

#endif
