set(queue_files_sources
  block_change_test.cpp
  command_file_test.cpp
  config_file_test.cpp
  expand_test.cpp
  history_file_test.cpp
  state_file_test.cpp
  uni_id_file_test.cpp)
add_executable(queue_files_tests ${queue_files_sources})
target_precompile_headers(queue_files_tests PRIVATE ${WEMOL_TEST_HEADERS})
target_include_directories(queue_files_tests PRIVATE ${PROJECT_SOURCE_DIR}/tests/support)
target_compile_definitions(queue_files_tests PRIVATE
  WEMOL_FIXTURES="${PROJECT_SOURCE_DIR}/tests/fixtures" WEMOL_PROJECT_DIR="${PROJECT_SOURCE_DIR}")
target_link_libraries(queue_files_tests PRIVATE wemol_queue_files wemol_base fmt::fmt
                      nlohmann_json::nlohmann_json GTest::gtest_main wemol_test_flags)

wemol_gtest_suites(queue queue_files_tests ${queue_files_sources})
