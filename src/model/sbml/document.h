// What an SBML file says, in plain values: the reader's intermediate form. Private to the reader.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/expression.h"
#include "model/sbml/complaint.h"

namespace salus::model::sbml {

enum class QuantityKind { kCompartment, kSpecies, kParameter, kStoichiometry };

/// Anything with an id and a value.
struct Quantity {
  QuantityKind kind = QuantityKind::kParameter;
  std::string id;
  std::string description;
  std::string unit;         ///< of the symbol
  std::string amount_unit;  ///< of a species
  Place place;
  std::optional<double> value;  ///< none: the file leaves it open
  bool constant = false;

  std::string compartment;        ///< of a species
  bool value_is_amount = true;    ///< of a species: initialAmount, not initialConcentration
  bool symbol_is_amount = false;  ///< of a species: what its id means in formulas
  bool boundary = false;          ///< of a species: reactions do not change it
  std::string conversion_factor;  ///< of a species: a parameter, or empty

  std::optional<Expression> initial_assignment;
  std::optional<Expression> assignment_rule;
  std::optional<Expression> rate_rule;
  bool set_by_event = false;

  bool is_species() const { return kind == QuantityKind::kSpecies; }
};

/// A species on one side of a reaction.
struct Participant {
  std::string species;
  Expression stoichiometry;  ///< negative for a reactant
};

struct ReactionEntry {
  std::string id;
  Place place;
  std::vector<Participant> participants;
  std::optional<Expression> rate;  ///< none: the file gives no kinetic law
};

struct AssignmentEntry {
  std::string variable;
  Expression value;
};

struct EventEntry {
  std::string id;
  Place place;
  std::optional<Expression> trigger;  ///< none: never happens
  bool initially_true = true;
  bool persistent = true;
  bool value_at_trigger = true;
  std::optional<Expression> priority;
  std::vector<AssignmentEntry> assignments;
};

struct Document {
  int level = 0;
  int version = 0;
  std::string id;
  std::string name;
  std::string description;
  std::string time_unit;  ///< UCUM; empty: not declared
  std::vector<Quantity> quantities;
  std::map<std::string, std::size_t, std::less<>> index;  ///< of quantities, by id
  std::vector<ReactionEntry> reactions;
  std::vector<EventEntry> events;
  std::vector<std::string> notes;

  const Quantity* find(std::string_view id) const;
  Quantity* find(std::string_view id);
};

/// Throws Complaint for everything that import_sbml refuses and that one element shows by itself.
Document read_document(std::string_view xml);

}  // namespace salus::model::sbml
