# Real processes: the program is its own keeper.
set(sources
  card_locks_test.cpp
  card_look_test.cpp
  card_mask_test.cpp
  card_watch_test.cpp
  keeper_ending_test.cpp
  keeper_log_test.cpp
  keeper_test.cpp
  out_of_memory_test.cpp
  process_table_test.cpp
  result_file_test.cpp
  try_cgroup_test.cpp
  try_order_test.cpp)
add_executable(queue_run_tests run_main.cpp ${sources})
target_precompile_headers(queue_run_tests PRIVATE ${WEMOL_TEST_HEADERS})
target_include_directories(queue_run_tests PRIVATE ${PROJECT_SOURCE_DIR}/tests/support)
target_compile_definitions(queue_run_tests PRIVATE
  WEMOL_FIXTURES="${PROJECT_SOURCE_DIR}/tests/fixtures"
  WEMOL_FAKE_NVML="$<TARGET_FILE:fake_nvml>")
add_dependencies(queue_run_tests fake_nvml)
target_link_libraries(queue_run_tests PRIVATE wemol_queue_run wemol_base fmt::fmt GTest::gtest wemol_test_flags)

wemol_gtest_suites(queue queue_run_tests ${sources})
