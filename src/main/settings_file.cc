// SPDX-License-Identifier: Apache-2.0
// CLI11 reads such files for a program, not for a command of one, and before the environment.
#include "settings_file.h"

namespace fors {

namespace {

// Settings are what the environment can say, too; but a file doesn't name another.
CLI::Option* setting(CLI::App& command, const CLI::ConfigItem& item) {
    CLI::Option* option = command.get_option_no_throw("--" + item.name);
    const bool is_one = option && !option->get_envname().empty() && item.name != "config";
    return is_one && item.parents.empty() ? option : nullptr;
}

}  // namespace

void take_settings(CLI::App& command, const std::string& file) {
    CLI::ConfigTOML format;
    for (const CLI::ConfigItem& item : format.from_file(file)) {
        CLI::Option* option = setting(command, item);
        if (!option)
            throw CLI::ConfigError(file + ": there is no setting " + item.fullname(),
                                   CLI::ExitCodes::ConfigError);
        if (option->count() > 0) continue;
        if (option->get_items_expected() == 0) {
            option->add_result(option->get_flag_value(item.name, format.to_flag(item)));
        } else {
            option->add_result(item.inputs);
        }
        option->run_callback();
    }
}

}  // namespace fors
