// The command `goro`: compiles C++ files against goro and runs them, without a build system.
#include <CLI/CLI.hpp>

#include <cstdio>
#include <string>
#include <vector>

#include "builder.hpp"
#include "configuration.hpp"
#include "error.hpp"
#include "test_command.hpp"

namespace goro::command {
namespace {

namespace fs = std::filesystem;

struct build_wishes {
  bool race = false;
  bool asan = false;
  std::string output;
  std::vector<std::string> files;

  flavour chosen() const {
    if (race && asan) {
      throw failure("-race and -asan exclude each other", status_misused);
    }
    return race ? flavour::race : asan ? flavour::asan : flavour::plain;
  }
};

int run_program(const build_wishes& wishes, const std::vector<std::string>& program_arguments) {
  const std::vector<fs::path> sources = checked_sources(wishes.files);
  const temporary_folder folder;
  const fs::path program = folder.path() / sources.front().stem();
  builder(wishes.chosen()).build(sources, program);
  arguments command = {program.string()};
  command.insert(command.end(), program_arguments.begin(), program_arguments.end());
  return run(command);
}

int build_program(const build_wishes& wishes) {
  const std::vector<fs::path> sources = checked_sources(wishes.files);
  fs::path program = wishes.output.empty() ? sources.front().stem() : fs::path(wishes.output);
  if (fs::is_directory(program)) {
    program /= sources.front().stem();
  }
  builder(wishes.chosen()).build(sources, program);
  return 0;
}

int show_version() {
  std::printf("goro version %s %s\n", configuration::version, configuration::system);
  return 0;
}

std::string joined(const arguments& words) {
  std::string text;
  for (const std::string& word : words) {
    text += (text.empty() ? "" : " ") + word;
  }
  return text;
}

int show_environment(const std::vector<std::string>& names) {
  const toolchain tools = toolchain::find();
  const installation at = find_installation();
  std::string flavours;
  for (const flavour f : {flavour::plain, flavour::race, flavour::asan}) {
    flavours += at.has(f) ? (flavours.empty() ? "" : " ") + name_of(f) : "";
  }
  const std::string runtime = tools.clang_race_runtime().string();
  const std::vector<std::pair<std::string, std::string>> all = {
      {"GORO_VERSION", configuration::version},
      {"GORO_INCLUDE", at.include.string()},
      {"GORO_LIBRARIES", at.libraries.string()},
      {"GORO_FLAVOURS", flavours},
      {"GORO_RACE_RUNTIME", runtime.empty() ? "of the compiler" : runtime},
      {"CXX", joined(tools.compiler())},
      {"CXX_VERSION", tools.version()},
      {"CXXFLAGS", joined(tools.compile_flags(flavour::plain))},
  };
  for (const auto& [name, value] : all) {
    if (names.empty()) {
      std::printf("%s='%s'\n", name.c_str(), value.c_str());
    }
  }
  for (const std::string& wanted : names) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& item) { return item.first == wanted; });
    std::printf("%s\n", found != all.end() ? found->second.c_str() : "");
  }
  return 0;
}

// Flags with one dash, as the go command's: -race becomes --race. What stands behind `--` is the program's.
struct split_arguments {
  std::vector<std::string> own;
  std::vector<std::string> of_program;
};
split_arguments split(int count, char** words) {
  split_arguments all;
  bool own = true;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    if (!own) {
      all.of_program.push_back(word);
    } else if (word == "--") {
      own = false;
    } else {
      const bool one_dash = word.size() > 2 && word[0] == '-' && word[1] != '-';
      all.own.push_back(one_dash ? "-" + word : word);
    }
  }
  std::reverse(all.own.begin(), all.own.end());  // as CLI11 wants it
  return all;
}

int command_line(int count, char** words) {
  CLI::App app("Compiles C++ files against goro and runs them.", "goro");
  app.require_subcommand(1);
  app.set_help_flag("-h,--help", "Show this");
  app.failure_message([](const CLI::App*, const CLI::Error& error) {
    return std::string("goro: ") + error.what() + "\nRun `goro --help` for usage.\n";
  });
  build_wishes wishes;
  test_wishes tests;
  std::vector<std::string> names;
  const auto add_flavours = [&wishes](CLI::App* command) {
    command->add_flag("--race", wishes.race, "Build for finding data races");
    command->add_flag("--asan", wishes.asan, "Build with AddressSanitizer and UndefinedBehaviorSanitizer");
  };
  CLI::App* run = app.add_subcommand("run", "Compile the files, run the program; its arguments follow after --");
  add_flavours(run);
  run->add_option("files", wishes.files, "C++ source files")->required();
  CLI::App* build = app.add_subcommand("build", "Compile the files into a program");
  add_flavours(build);
  build->add_option("-o", wishes.output, "The program's file (default: the first file's name), or a folder for it");
  build->add_option("files", wishes.files, "C++ source files")->required();
  CLI::App* test_command =
      app.add_subcommand("test", "Compile and run tests: GoogleTest files, or programs that return 0");
  add_flavours(test_command);
  test_command->add_option("--count", tests.count, "Run each this many times");
  test_command->add_option("--run", tests.run, "Only tests whose `suite.name` this regular expression finds");
  test_command->add_option("files", tests.files, "C++ source files (default: *_test.cpp)");
  CLI::App* version = app.add_subcommand("version", "Show goro's version");
  CLI::App* environment = app.add_subcommand("env", "Show what the command works with");
  environment->add_option("names", names, "Only the values of these");

  split_arguments all = split(count, words);
  try {
    app.parse(all.own);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : status_misused;
  }
  if (run->parsed()) {
    return run_program(wishes, all.of_program);
  }
  if (build->parsed()) {
    return build_program(wishes);
  }
  if (test_command->parsed()) {
    tests.build = wishes.chosen();
    tests.program_arguments = all.of_program;
    return test(tests);
  }
  return version->parsed() ? show_version() : environment->parsed() ? show_environment(names) : status_misused;
}

}  // namespace
}  // namespace goro::command

int main(int count, char** words) {
  using namespace goro::command;
  try {
    return command_line(count, words);
  } catch (const build_failed& failed) {
    return failed.status;
  } catch (const failure& f) {
    std::fprintf(stderr, "goro: %s\n", f.what());
    return f.status;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "goro: %s\n", e.what());
    return status_failed;
  }
}
