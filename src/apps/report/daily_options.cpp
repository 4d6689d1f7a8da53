#include "daily_options.h"

#include <map>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "options_markdown.h"
#include "text.h"

namespace wemol::report::daily {
namespace {

constexpr int kUsageError = 2;
constexpr unsigned kMostJobs = 1024;

template <typename Value>
CLI::Option* add_choice(CLI::App& app, const std::string& flag, const std::string& meaning,
                        const std::map<std::string, Value>& choices, Value& target) {
  return app
      .add_option_function<std::string>(
          flag,
          [=, &target](const std::string& word) {
            const auto found = choices.find(word);
            if (found == choices.end()) {
              std::string words;
              for (const auto& [name, value] : choices) {
                words += (words.empty() ? "" : ", ") + name;
              }
              throw CLI::ValidationError(flag, fmt::format("takes {}, not \"{}\"", words, word));
            }
            target = found->second;
          },
          meaning)
      ->type_name("F");
}

void add_selection(CLI::App& app, DailyOptions& options) {
  app.add_option("DATE", options.date,
                 "YYYY-MM-DD, today or yesterday, in the zone of the settings; default: today");
  app.add_option("--config", options.config, "The settings: nodes, zone, management (TOML)")
      ->type_name("FILE")
      ->default_str(options.config.string());
  app.add_option("--data-dir", options.data_dir, "Where the files go: DIR/NODE/DATE/")
      ->type_name("DIR")
      ->default_str(options.data_dir.string());
  app.add_option("--node", options.nodes, "Only this node; may be given several times")
      ->allow_extra_args(false)
      ->type_name("NAME");
  app.add_option_function<std::string>(
         "--range",
         [&options](const std::string& text) {
           const std::size_t dots = text.find("..");
           if (dots == std::string::npos) {
             throw CLI::ValidationError("--range", "takes FROM..TO, two dates");
           }
           options.from = text.substr(0, dots);
           options.to = text.substr(dots + 2);
         },
         "All days from FROM to TO, and the means over them")
      ->type_name("FROM..TO");
  app.add_flag("--stored", options.stored,
               "Ask nobody: take the days from the files in --data-dir, also those of the script");
}

void add_report(CLI::App& app, DailyOptions& options) {
  app.add_flag("--user-report", options.user_report,
               "Only tell who has which GPU; writes no files");
  app.add_flag("--skip-task-info", options.skip_task_info, "Do not ask the management API");
  app.add_option("--user", options.user, "Show the GPUs of this user, day by day")
      ->type_name("NAME");
  app.add_flag("--compare", options.compare, "Show the nodes side by side");
  add_choice<DailyFormat>(
      app, "--format", "csv or json: to standard output; html: a page with plots, in --data-dir",
      {{"csv", DailyFormat::csv}, {"json", DailyFormat::json}, {"html", DailyFormat::html}},
      options.format);
  add_choice<Titles>(app, "--titles", "Of the files: zh or en",
                     {{"zh", Titles::chinese}, {"en", Titles::english}}, options.titles)
      ->default_str("zh");
  app.add_flag("--null-as-zero", options.null_as_zero,
               "What is not known is written as 0 and lowers the means, as the script had it");
  app.add_option("--jobs", options.jobs, "How many nodes are asked at once")
      ->type_name("N")
      ->check(CLI::Range(1U, kMostJobs).description(""))
      ->default_str(std::to_string(options.jobs));
}

/// What is wrong with them together; empty: nothing.
std::string contradiction(const DailyOptions& options) {
  if (!options.date.empty() && !options.from.empty()) {
    return "DATE and --range: one of them";
  }
  if (options.user_report && (options.skip_task_info || options.stored || options.compare ||
                              !options.user.empty() || options.format != DailyFormat::table)) {
    return "--user-report: goes with DATE, --range, --node, --config, --titles and --jobs only";
  }
  if (options.compare && (!options.user.empty() || options.format == DailyFormat::csv ||
                          options.format == DailyFormat::json)) {
    return "--compare: not with --user, --format csv or --format json";
  }
  if (options.format == DailyFormat::html && !options.user.empty()) {
    return "--format html: not with --user";
  }
  return {};
}

tl::unexpected<EarlyEnd> usage_error(std::string_view text) {
  return tl::make_unexpected(EarlyEnd{kUsageError, "daily: " + printable(text)});
}

}  // namespace

tl::expected<DailyOptions, EarlyEnd> parse_daily_options(int argc, const char* const* argv) {
  DailyOptions options;
  CLI::App app(
      "GPU use per node, day and user: from Netdata, Prometheus or own records into CSV files and "
      "a "
      "text. Exit status: 0 all nodes; 3 some node or GPU is missing; 1 nothing could be had; 2 "
      "wrong usage or settings.",
      "wemol-report daily");
  add_selection(app, options);
  add_report(app, options);
  app.add_flag_callback(
         "--help-markdown", [&] { throw CLI::CallForAllHelp(); }, "The options as a table")
      ->group("");
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return tl::make_unexpected(EarlyEnd{0, app.help()});
  } catch (const CLI::CallForAllHelp&) {
    return tl::make_unexpected(EarlyEnd{0, options_markdown(app)});
  } catch (const CLI::ParseError& error) {
    return usage_error(error.what());
  }
  const std::string trouble = contradiction(options);
  return trouble.empty() ? tl::expected<DailyOptions, EarlyEnd>(options) : usage_error(trouble);
}

}  // namespace wemol::report::daily
