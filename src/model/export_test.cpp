// Goal:   what `salus model export` writes is valid in the other language and says the same; what
//         `salus model new` writes is a complete model.
// Method: libSBML's own consistency check; golden text for rxode2 and mrgsolve, which no machine
// here
//         can run; every operation of formulas printed in each dialect.
#include "model/export.h"

#include <gtest/gtest.h>
#include <sbml/SBMLTypes.h>

#include <cmath>
#include <cstdlib>

#include "base/bytes.h"
#include "base/file.h"
#include "model/box.h"
#include "model/export_text.h"
#include "model/oracle.h"
#include "model/template_model.h"

namespace salus::model {
namespace {

const std::string kSource = SALUS_SOURCE_DIR;

Model theophylline() { return must(load_model(kSource + "/models/theophylline.toml")); }

// Every operation and every kind of quantity.
Model everything() {
  return must(parse_model(R"toml(
name = "everything"
title = "Every <operation> & kind: one of each"
description = "test"
citation = "none"
time_unit = "d"
[[parameter]]
name = "F"
unit = "1"
description = "a name that other languages take"
typical = 2.5
sd = 0.1
[[parameter]]
name = "K"
unit = "mg"
description = "capacity: of all"
knowledge = "public"
typical = 100.0
[[derived]]
name = "n"
unit = "1"
description = "functions"
formula = "floor(F) + ceil(F) + abs(-F) + min(F, 2) + max(F, 3) + factorial(2) + tanh(F)^2 + ln(F)"
[[derived]]
name = "truth"
unit = "1"
description = "truth values as numbers"
formula = "(F < 3) + (F >= 2 && !(F == 1)) + xor(F > 1, F > 2) + sqrt(F)"
[[state]]
name = "N"
unit = "mg"
description = "mass"
initial = "K / 10"
rate = "g * N * room"
[[variable]]
name = "g"
unit = "1/d"
description = "growth"
formula = "piecewise(n, time < 3, truth / 7)"
empirical = true
[[variable]]
name = "room"
unit = "1"
description = "what is left"
formula = "1 - N / K"
[[output]]
name = "share"
unit = "1"
description = "logit"
formula = "N / K"
link = "ln(x / (1 - x))"
[dose]
state = "N"
unit = "mg"
bioavailability = 0.5
lag_h = 12.0
)toml",
                          "everything.toml"));
}

void expect_valid_sbml(const Model& model) {
  const std::string text = must(export_sbml(model));
  const std::unique_ptr<SBMLDocument> document(readSBMLFromString(text.c_str()));
  document->checkConsistency();
  for (unsigned i = 0; i < document->getNumErrors(); ++i) {
    const SBMLError* error = document->getError(i);
    EXPECT_LT(error->getSeverity(), static_cast<unsigned>(LIBSBML_SEV_ERROR))
        << error->getMessage();
  }
  EXPECT_EQ(document->getLevel(), 3u);
  EXPECT_EQ(document->getVersion(), 2u);
  ASSERT_NE(document->getModel(), nullptr);
  EXPECT_EQ(document->getModel()->getNumRules(),
            model.states.size() + model.variables.size() + model.outputs.size());
}

TEST(Export, SbmlIsConsistent) {
  expect_valid_sbml(everything());
  for (const auto& entry : std::filesystem::directory_iterator(kSource + "/models")) {
    if (entry.path().extension() != ".toml") continue;
    SCOPED_TRACE(entry.path().filename().string());
    expect_valid_sbml(must(load_model(entry.path())));
  }
}

TEST(Export, SbmlOfModelsWithCheckedUnitsHasNoWarnings) {
  const std::string text = must(export_sbml(theophylline()));
  const std::unique_ptr<SBMLDocument> document(readSBMLFromString(text.c_str()));
  document->checkConsistency();
  EXPECT_EQ(document->getNumErrors(), 0u) << document->getError(0)->getMessage();
}

void expect_golden(const std::string& text, const std::string& file) {
  const std::string path = kSource + "/tests/golden/export/" + file;
  if (std::getenv("SALUS_BLESS") != nullptr) {
    ASSERT_TRUE(write_file(path, as_bytes(text)));
  }
  EXPECT_EQ(text, must(read_text_file(path, 1 << 20))) << "if intended, rewrite with SALUS_BLESS=1";
}

TEST(Export, TextIsAsReviewed) {
  for (const Model& model : {theophylline(), everything()}) {
    expect_golden(export_rxode2(model), model.name + ".rxode2.R");
    expect_golden(export_mrgsolve(model), model.name + ".mrgsolve.mod");
  }
}

TEST(Export, KnowsThreeLanguages) {
  for (const char* language : {"sbml", "rxode2", "mrgsolve"}) {
    EXPECT_TRUE(export_model(theophylline(), language)) << language;
  }
  EXPECT_NE(export_model(theophylline(), "stan").error().message.find("sbml, rxode2 and mrgsolve"),
            std::string::npos);
}

TEST(TemplateModel, IsACompleteModel) {
  const Model model = must(parse_model(must(template_model("toy")), "toy.toml"));
  EXPECT_EQ(model.name, "toy");
  const Status same = reproduce_oracles(model);
  EXPECT_TRUE(same) << same.error().message;
  const auto box = check_box(model);
  ASSERT_TRUE(box) << box.error().message;
  EXPECT_TRUE(box->notes.empty());
  for (const char* bad : {"", "2x", "a b", "../x"}) EXPECT_FALSE(template_model(bad)) << bad;
}

}  // namespace
}  // namespace salus::model
