# goro_gtest: GoogleTest with its main(). Compiled here from the distribution's sources, so that it fits the sanitizer,
# the compiler and the processor at hand; a prebuilt one only when there are no sources.
set(GORO_GTEST_SOURCE "/usr/src/googletest/googletest" CACHE PATH "GoogleTest's source folder")
if(EXISTS "${GORO_GTEST_SOURCE}/src/gtest-all.cc")
  add_library(goro_gtest STATIC EXCLUDE_FROM_ALL "${GORO_GTEST_SOURCE}/src/gtest-all.cc"
                                                 "${GORO_GTEST_SOURCE}/src/gtest_main.cc")
  target_include_directories(goro_gtest SYSTEM PUBLIC "${GORO_GTEST_SOURCE}/include")
  target_include_directories(goro_gtest PRIVATE "${GORO_GTEST_SOURCE}")
  target_compile_options(goro_gtest PUBLIC ${GORO_SANITIZE})
  target_link_options(goro_gtest PUBLIC ${GORO_SANITIZE})
  target_compile_options(goro_gtest PRIVATE -w)
  target_compile_features(goro_gtest PUBLIC cxx_std_20)
  target_link_libraries(goro_gtest PUBLIC Threads::Threads)
else()
  find_package(GTest REQUIRED)
  add_library(goro_gtest INTERFACE)
  target_link_libraries(goro_gtest INTERFACE GTest::gtest GTest::gtest_main)
endif()
