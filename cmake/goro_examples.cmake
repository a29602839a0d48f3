# examples/<name>.cpp: an executable <name> and a test example_<name>, until examples/ has rules of its own.
file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/examples/*.cpp")
foreach(source IN LISTS sources)
  cmake_path(GET source STEM name)
  add_executable(example_${name} "${source}")
  set_target_properties(example_${name} PROPERTIES OUTPUT_NAME ${name}
                                                   RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/examples")
  goro_own_options(example_${name})
  target_link_libraries(example_${name} PRIVATE goro::goro)
  if(BUILD_TESTING)
    add_test(NAME example_${name} COMMAND example_${name})
    set_tests_properties(example_${name} PROPERTIES LABELS example TIMEOUT 120)
  endif()
endforeach()
