# Device history: what the agent and the recorder write, and wemol-report daily reads.
set(device_sources
  device_files_test.cpp
  device_history_test.cpp
  device_intervals_test.cpp
  device_reader_test.cpp
  device_record_test.cpp
  device_sink_test.cpp
  recorder_source_test.cpp)
add_executable(daily_device_tests ${device_sources})
target_precompile_headers(daily_device_tests PRIVATE ${WEMOL_TEST_HEADERS})
target_include_directories(daily_device_tests PRIVATE ${PROJECT_SOURCE_DIR}/tests/support)
target_compile_definitions(daily_device_tests PRIVATE WEMOL_FIXTURES="${PROJECT_SOURCE_DIR}/tests/fixtures")
target_link_libraries(daily_device_tests PRIVATE wemol_agent_app wemol_daily_recorder wemol_store wemol_base
                      GTest::gtest_main wemol_test_flags)

set(device_suites)
foreach(source IN LISTS device_sources)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
  file(STRINGS ${source} tests REGEX "^TEST(_F|_P)?\\(")
  list(TRANSFORM tests REPLACE "^TEST(_F|_P)?\\(([A-Za-z0-9_]+),.*" "\\2")
  list(APPEND device_suites ${tests})
endforeach()
list(REMOVE_DUPLICATES device_suites)
foreach(suite IN LISTS device_suites)
  add_test(NAME daily.${suite} COMMAND daily_device_tests --gtest_filter=${suite}.*:*/${suite}.*)
  set_tests_properties(daily.${suite} PROPERTIES LABELS daily)
endforeach()

find_package(Python3 COMPONENTS Interpreter)
if(Python3_Interpreter_FOUND)
  add_test(NAME daily.AgentDevices
           COMMAND Python3::Interpreter -B ${CMAKE_CURRENT_SOURCE_DIR}/agent_devices_test.py AgentDevices)
  set_tests_properties(daily.AgentDevices PROPERTIES
    LABELS daily COST 20 ENVIRONMENT "WEMOL_AGENT=$<TARGET_FILE:wemol-agent>")
endif()
