#include "web/stage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "course/see_it.hpp"
#include "text/markdown_blocks.hpp"
#include "text/text.hpp"
#include "tutor/exit_status.hpp"

namespace web {
namespace {

using tutor::Part;
using tutor::WrongUse;

constexpr tools::BlockKind kinds[] = {{"server", 0, 0, "<!-- server -->"},
                                      {"shell", 0, 0, "<!-- shell -->"}};

const std::pair<const char*, Whose> whose_names[] = {
    {"mine", {Part::server}},
    {"starter", {Part::starters_server}},
    {"solution", {Part::solutions_server}},
    {"both", {Part::server, Part::solutions_server}},
    {"all", {Part::starters_server, Part::server, Part::solutions_server}}};

std::string name_of(const Whose& whose) {
    for (const auto& [known, those] : whose_names) {
        if (whose == those) return known;
    }
    return "";
}

std::string why_not_built(const tutor::Context& context, const tools::Lesson& lesson, Part part) {
    if (std::filesystem::exists(context.build() / "missing" / lesson.stem))
        return "This lesson needs something that is not installed: the verdict says what.";
    if (part == Part::server) return "The shop could not be built: see the verdict.";
    return fmt::format(
        "The {}’s shop could not be built: cmake --build build/lessons --target {} says why.",
        name_of({part}), tutor::target_of(lesson, part));
}

}  // namespace

SeeIt see_it_of(const tools::Lesson& lesson) {
    SeeIt see_it;
    if (!std::filesystem::exists(lesson.chapter)) return see_it;
    const std::string text = tools::read_file(lesson.chapter);
    std::vector<std::string> lines;
    for (const std::string_view line : tools::lines_of(text)) lines.emplace_back(line);
    for (tools::MarkdownBlock& block : tools::blocks_in(lines, kinds).blocks)
        (block.kind == "server" ? see_it.server : see_it.shell).push_back(std::move(block.lines));
    return see_it;
}

Whose whose_called(const std::string& name) {
    for (const auto& [known, whose] : whose_names) {
        if (name == known) return whose;
    }
    throw WrongUse("There are \"mine\", \"starter\", \"solution\", \"both\" and \"all\".");
}

void Stage::open(const tools::Lesson& lesson, std::size_t block, const Whose& whose) {
    if (block >= see_it_of(lesson).server.size())
        throw WrongUse("The chapter has no such shop to open.");
    end(whose.size() == 1 ? "The shop is being built ..." : "The shops are being built ...");
    block_ = block;
    build(lesson, whose, [this](const std::string& program) { start_shop(program); });
}

void Stage::load(const tools::Lesson& lesson, const LoadWanted& wanted, const Whose& whose) {
    // Those before have no pool, and the last one has another database.
    if (lesson.number < "10" || lesson.number > "17")
        throw WrongUse("There is a load in lessons 10 to 17.");
    end("The servers are being built ...");
    build(lesson, whose, [this, wanted](const std::string& program) {
        note_ = "The customers come ...";
        loads_.push_back(std::make_unique<StageLoad>(program, wanted, [this] { tell(); }));
    });
}

void Stage::build(const tools::Lesson& lesson, const Whose& whose,
                  std::function<void(const std::string&)> use) {
    lesson_ = &lesson;
    whose_ = whose;
    job_.emplace(wakeup_, [this, of = &lesson, whose, use = std::move(use)](tutor::Job& job) {
        const tutor::BuildHooks hooks = {[](std::string_view) {},
                                         [&job] { return job.cancelled(); }};
        try {
            std::vector<std::string> programs;
            for (const Part part : whose) {
                const tutor::Build build = tutor::run_build(context_, *of, part, hooks);
                if (build.cancelled()) return;
                if (!build.ok()) throw std::runtime_error(why_not_built(context_, *of, part));
                programs.push_back(tutor::executable_of(context_, *of, part).string());
            }
            job.post([this, use, programs = std::move(programs)] {
                try {
                    for (const std::string& program : programs) use(program);
                } catch (const std::exception& error) {
                    shops_.clear();
                    loads_.clear();
                    note_ = error.what();
                }
            });
        } catch (const std::exception& error) {
            job.post([this, why = std::string(error.what())] { note_ = why; });
        }
    });
}

void Stage::start_shop(const std::string& program) {
    note_.clear();
    shops_.push_back(std::make_unique<StageShop>(
        program, tools::read_shop_command(see_it_of(*lesson_).server.at(block_), lesson_->number)));
}

void Stage::run(std::size_t block, std::size_t command) {
    const bool any =
        std::any_of(shops_.begin(), shops_.end(), [](const auto& shop) { return shop->is_open(); });
    if (!any) throw WrongUse("The shop is not open yet.");
    for (const auto& shop : shops_) {
        if (shop->is_running())
            throw WrongUse("The command before is still running. Closing the shop ends it.");
    }
    const SeeIt see_it = see_it_of(*lesson_);
    const std::vector<std::string> commands = block < see_it.shell.size()
                                                  ? tools::commands_in(see_it.shell[block])
                                                  : std::vector<std::string>();
    if (command >= commands.size()) throw WrongUse("The chapter has no such command.");
    if (commands[command].starts_with(": Ctrl-C")) return close();
    for (const auto& shop : shops_) shop->run(commands[command]);
    ran_.push_back({block, command});
}

void Stage::close() {
    if (shops_.empty()) return end();
    for (const auto& shop : shops_) shop->close();
}

void Stage::kill() {
    for (const auto& shop : shops_) shop->kill();
}

void Stage::open_again() try {
    for (const auto& shop : shops_) shop->open_again();
} catch (const std::exception& error) {
    throw WrongUse(error.what());
}

void Stage::be(Mood mood) {
    const bool any = std::any_of(shops_.begin(), shops_.end(),
                                 [](const auto& shop) { return shop->bank() != nullptr; });
    if (!any) throw WrongUse("There is no bank that could be told.");
    mood_ = mood;
    for (const auto& shop : shops_) {
        if (shop->bank() != nullptr) shop->bank()->be(mood);
    }
}

void Stage::send(const OwnRequest& request) {
    std::vector<int> ports;
    for (const auto& shop : shops_) {
        if (!shop->is_open()) throw WrongUse("The shop is not open.");
        ports.push_back(shop->port());
    }
    if (ports.empty()) throw WrongUse("The shop is not open.");
    requests_.send(request, ports);
}

// The shops before the requests, which then have nothing to wait for.
void Stage::end(std::string why) {
    job_.reset();
    loads_.clear();
    shops_.clear();
    requests_.clear();
    ran_.clear();
    mood_ = Mood::usual;
    note_ = std::move(why);
}

bool Stage::is_busy() const {
    const auto runs = [](const auto& shop) { return shop->state() != StageShop::State::closed; };
    const auto goes_on = [](const auto& load) { return !load->is_over(); };
    return job_.has_value() || std::any_of(shops_.begin(), shops_.end(), runs) ||
           std::any_of(loads_.begin(), loads_.end(), goes_on);
}

void Stage::tell() {
    told_ = true;
    wakeup_.wake();
}

bool Stage::look() {
    bool news = told_.exchange(false);
    if (job_) {
        news = true;
        if (!job_->deliver()) job_.reset();
    }
    for (const auto& shop : shops_) {
        if (shop->look()) news = true;
    }
    const auto is_over = [](const auto& load) { return load->is_over(); };
    if (!loads_.empty()) {
        const bool over = std::all_of(loads_.begin(), loads_.end(), is_over);
        note_ = over ? "The load is over." : "The load goes on ...";
    }
    return news;
}

std::string Stage::state() const {
    if (job_) return "building";
    const auto is_over = [](const auto& load) { return load->is_over(); };
    if (!std::all_of(loads_.begin(), loads_.end(), is_over)) return "load";
    using State = StageShop::State;
    for (const auto& [state, name] :
         {std::pair(State::opening, "opening"), std::pair(State::closing, "closing"),
          std::pair(State::open, "open")}) {
        for (const auto& shop : shops_) {
            if (shop->state() == state) return name;
        }
    }
    return "closed";
}

Json Stage::to_json() const {
    Json shops = Json::array();
    for (std::size_t i = 0; i < shops_.size(); ++i) {
        Json shop = shops_[i]->to_json();
        shop["whose"] = name_of({whose_[i]});
        shops.push_back(std::move(shop));
    }
    Json loads = Json::array();
    for (std::size_t i = 0; i < loads_.size(); ++i) {
        Json load = loads_[i]->to_json();
        load["whose"] = name_of({whose_[i]});
        loads.push_back(std::move(load));
    }
    Json ran = Json::array();
    for (const Command& each : ran_)
        ran.push_back({{"block", each.block}, {"command", each.command}});
    return {{"stem", lesson_ == nullptr ? "" : lesson_->stem},
            {"block", block_},
            {"whose", name_of(whose_)},
            {"state", state()},
            {"note", note_},
            {"mood", name_of(mood_)},
            {"shops", std::move(shops)},
            {"ran", std::move(ran)},
            {"sent", requests_.to_json()},
            {"loads", std::move(loads)}};
}

}  // namespace web
