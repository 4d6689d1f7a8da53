# Zones, settings, figures and files of wemol-report daily.
set(sources
  daily_page_test.cpp
  day_files_test.cpp
  day_texts_test.cpp
  node_figures_test.cpp
  settings_file_test.cpp
  stored_day_test.cpp
  user_figures_test.cpp
  zone_test.cpp)
add_executable(daily_figures_tests ${sources})
target_precompile_headers(daily_figures_tests PRIVATE ${WEMOL_TEST_HEADERS})
target_include_directories(daily_figures_tests PRIVATE ${PROJECT_SOURCE_DIR}/tests/support)
target_compile_definitions(daily_figures_tests PRIVATE
  WEMOL_PROJECT_DIR="${PROJECT_SOURCE_DIR}"
  WEMOL_FIXTURES="${PROJECT_SOURCE_DIR}/tests/fixtures"
  WEMOL_GOLDEN="${PROJECT_SOURCE_DIR}/tests/golden/daily")
target_link_libraries(daily_figures_tests PRIVATE wemol_daily_output wemol_daily_figures wemol_base
                      nlohmann_json::nlohmann_json OpenSSL::Crypto GTest::gtest_main wemol_test_flags)

wemol_gtest_suites(daily daily_figures_tests ${sources})
