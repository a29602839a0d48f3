// Something to compile: see goro_precompile_for_tests in CMakeLists.txt.
