# wemol-report daily as it is, each class of tests by itself: they mostly wait.
find_package(Python3 COMPONENTS Interpreter)
# daily_programs(FILE NAME...): the ctest entries daily.NAME for the classes of that name.
function(daily_programs file)
  foreach(name IN LISTS ARGN)
    add_test(NAME daily.${name} COMMAND Python3::Interpreter -B ${CMAKE_CURRENT_SOURCE_DIR}/${file} ${name})
    set_tests_properties(daily.${name} PROPERTIES
      LABELS daily COST 20
      ENVIRONMENT "WEMOL_REPORT=$<TARGET_FILE:wemol-report>;WEMOL_AGENT=$<TARGET_FILE:wemol-agent>;\
WEMOL_RECORDER=$<TARGET_FILE:wemol-recorder>;\
WEMOL_GOLDEN=${PROJECT_SOURCE_DIR}/tests/golden/daily;WEMOL_SANITIZERS=${WEMOL_SANITIZERS}")
  endforeach()
endfunction()

if(Python3_Interpreter_FOUND)
  daily_programs(daily_test.py ExampleDay ExitStatus Users Interruptions Views ManyNodes)
  daily_programs(daily_records_test.py OwnRecords)
  daily_programs(daily_documents_test.py Documents)
  daily_programs(recorder_devices_test.py RecorderDevices)
  daily_programs(same_day_test.py SameDay)
  set_tests_properties(daily.SameDay PROPERTIES COST 90)  # it waits for a border of a minute
endif()
