# Zones, settings, figures and files of wemol-report daily.
wemol_gtest_program(daily daily_figures_tests
  SOURCES
    daily_page_test.cpp
    day_files_test.cpp
    day_texts_test.cpp
    node_figures_test.cpp
    settings_file_test.cpp
    stored_day_test.cpp
    user_figures_test.cpp
    zone_test.cpp
  USES wemol_daily_output wemol_daily_figures wemol_base nlohmann_json::nlohmann_json OpenSSL::Crypto)
target_compile_definitions(daily_figures_tests PRIVATE
  WEMOL_PROJECT_DIR="${PROJECT_SOURCE_DIR}"
  WEMOL_FIXTURES="${PROJECT_SOURCE_DIR}/tests/fixtures"
  WEMOL_GOLDEN="${PROJECT_SOURCE_DIR}/tests/golden/daily")
