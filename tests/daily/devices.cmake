# Device history: what the agent and the recorder write, and wemol-report daily reads.
wemol_gtest_program(daily daily_device_tests
  SOURCES
    device_files_test.cpp
    device_history_test.cpp
    device_intervals_test.cpp
    device_reader_test.cpp
    device_record_test.cpp
    device_sink_test.cpp
    recorder_source_test.cpp
    task_users_test.cpp
  USES wemol_agent_app wemol_daily_recorder wemol_store wemol_base)
target_compile_definitions(daily_device_tests PRIVATE WEMOL_FIXTURES="${PROJECT_SOURCE_DIR}/tests/fixtures")
find_package(Python3 COMPONENTS Interpreter)
if(Python3_Interpreter_FOUND)
  add_test(NAME daily.AgentDevices
           COMMAND Python3::Interpreter -B ${CMAKE_CURRENT_SOURCE_DIR}/agent_devices_test.py AgentDevices)
  set_tests_properties(daily.AgentDevices PROPERTIES
    LABELS daily COST 20 ENVIRONMENT "WEMOL_AGENT=$<TARGET_FILE:wemol-agent>")
endif()
