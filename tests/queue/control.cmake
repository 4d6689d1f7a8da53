set(queue_control_sources
  control_server_test.cpp
  request_test.cpp
  shown_jobs_test.cpp
  status_document_test.cpp
  status_json_test.cpp)
add_executable(queue_control_tests ${queue_control_sources})
target_precompile_headers(queue_control_tests PRIVATE ${WEMOL_TEST_HEADERS})
target_include_directories(queue_control_tests PRIVATE ${PROJECT_SOURCE_DIR}/tests/support)
target_link_libraries(queue_control_tests PRIVATE wemol_queue_control wemol_report_output wemol_os wemol_base fmt::fmt
                      nlohmann_json::nlohmann_json GTest::gtest_main wemol_test_flags)

wemol_gtest_suites(queue queue_control_tests ${queue_control_sources})
