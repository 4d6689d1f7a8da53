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

set(queue_files_suites)
foreach(source IN LISTS queue_files_sources)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
  file(STRINGS ${source} tests REGEX "^TEST(_F|_P)?\\(")
  list(TRANSFORM tests REPLACE "^TEST(_F|_P)?\\(([A-Za-z0-9_]+),.*" "\\2")
  list(APPEND queue_files_suites ${tests})
endforeach()
list(REMOVE_DUPLICATES queue_files_suites)
foreach(suite IN LISTS queue_files_suites)
  add_test(NAME queue.${suite} COMMAND queue_files_tests --gtest_filter=${suite}.*:*/${suite}.*)
  set_tests_properties(queue.${suite} PROPERTIES LABELS queue)
endforeach()
