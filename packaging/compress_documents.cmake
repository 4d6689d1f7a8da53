# Run by cpack on the files that it is about to pack.
file(GLOB_RECURSE documents "${CPACK_TEMPORARY_DIRECTORY}/usr/share/man/*.[1-9]"
     "${CPACK_TEMPORARY_DIRECTORY}/usr/share/doc/*/changelog*")
execute_process(COMMAND gzip -9n ${documents} COMMAND_ERROR_IS_FATAL ANY)
