# The library once more, for the `goro` command: libgoro_race.a for -race and libgoro_asan.a for -asan, beside the libgoro.a that the build
# makes anyway. From the same sources; what differs is said here.
set(flavours_default)
if(PROJECT_IS_TOP_LEVEL AND CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT GORO_SANITIZE AND NOT CMAKE_CROSSCOMPILING AND
   CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(flavours_default race asan)
endif()
set(GORO_FLAVOURS "${flavours_default}" CACHE STRING "Further builds of the library for the goro command: race;asan")

# The object library of a layer, compiled for a flavour.
function(goro_add_layer_of_flavour layer flavour flags)
  set(target goro_${layer}_${flavour})
  get_target_property(sources goro_${layer} SOURCES)
  add_library(${target} OBJECT ${sources})
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON LINKER_LANGUAGE CXX UNITY_BUILD ON
                                             UNITY_BUILD_BATCH_SIZE 10 INTERPROCEDURAL_OPTIMIZATION OFF)
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/src" "${PROJECT_SOURCE_DIR}/include")
  target_link_libraries(${target} PRIVATE Threads::Threads)
  goro_own_options(${target})
  target_compile_options(${target} PRIVATE ${flags} -Wno-shadow)  # ten sources at a time
  if(flavour STREQUAL "race" AND layer IN_LIST GORO_UNINSTRUMENTED_LAYERS)
    target_compile_options(${target} PRIVATE -fno-sanitize=thread)
  endif()
  if(layer STREQUAL "diag")
    goro_use_backtrace(diag_${flavour})
  endif()
endfunction()

# lib<name>_<flavour>.a
function(goro_add_library_of_flavour name flavour)
  set(target goro_flavour_${name}_${flavour})
  add_library(${target} STATIC ${ARGN})
  set_target_properties(${target} PROPERTIES OUTPUT_NAME ${name}_${flavour} LINKER_LANGUAGE CXX)
  if(GORO_INSTALL)
    install(TARGETS ${target} ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
  endif()
endfunction()

function(goro_add_flavour flavour)
  if(flavour STREQUAL "race")
    set(flags -fsanitize=thread -DGORO_RACE)
  elseif(flavour STREQUAL "asan")
    set(flags -fsanitize=address,undefined -fno-sanitize-recover=undefined)
  else()
    message(FATAL_ERROR "goro: no flavour ${flavour}; there are race and asan")
  endif()
  set(core)
  foreach(layer IN LISTS GORO_LAYERS_WITH_SOURCES)
    goro_add_layer_of_flavour(${layer} ${flavour} "${flags}")
    if(layer IN_LIST GORO_COMPONENTS)  # a library of its own
      goro_add_library_of_flavour(goro_${layer} ${flavour} $<TARGET_OBJECTS:goro_${layer}_${flavour}>)
    else()
      list(APPEND core $<TARGET_OBJECTS:goro_${layer}_${flavour}>)
    endif()
  endforeach()
  goro_add_library_of_flavour(goro ${flavour} ${core})
endfunction()

foreach(flavour IN LISTS GORO_FLAVOURS)
  goro_add_flavour(${flavour})
endforeach()
