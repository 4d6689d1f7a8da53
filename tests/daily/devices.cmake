# Device history: what the agent and the recorder write, and wemol-report daily reads.
set(device_sources
  device_files_test.cpp
  device_history_test.cpp
  device_intervals_test.cpp
  device_reader_test.cpp
  device_record_test.cpp
  device_sink_test.cpp
  recorder_source_test.cpp
  task_users_test.cpp)
add_executable(daily_device_tests ${device_sources})
target_precompile_headers(daily_device_tests PRIVATE ${WEMOL_TEST_HEADERS})
target_include_directories(daily_device_tests PRIVATE ${PROJECT_SOURCE_DIR}/tests/support)
target_compile_definitions(daily_device_tests PRIVATE WEMOL_FIXTURES="${PROJECT_SOURCE_DIR}/tests/fixtures")
target_link_libraries(daily_device_tests PRIVATE wemol_agent_app wemol_daily_recorder wemol_store wemol_base
                      GTest::gtest_main wemol_test_flags)

wemol_gtest_suites(daily daily_device_tests ${device_sources})

find_package(Python3 COMPONENTS Interpreter)
if(Python3_Interpreter_FOUND)
  add_test(NAME daily.AgentDevices
           COMMAND Python3::Interpreter -B ${CMAKE_CURRENT_SOURCE_DIR}/agent_devices_test.py AgentDevices)
  set_tests_properties(daily.AgentDevices PROPERTIES
    LABELS daily COST 20 ENVIRONMENT "WEMOL_AGENT=$<TARGET_FILE:wemol-agent>")
endif()
