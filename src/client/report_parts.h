// The sections of the report's page; report_html.cpp puts them together.
#pragma once

#include <string>

#include "client/report.h"

namespace salus::client {

/// Figures of the whole report at a glance.
std::string tiles_html(const Report& report);

/// One line a subject, with a sparkline.
std::string summary_html(const Report& report);

/// One subject: the given dose, its basis, the alternatives.
std::string subject_html(const Report& report, const SubjectReport& subject);

/// Formula, inputs, certificate, parameters, checks: why a number may be believed, and how far.
std::string basis_html(const ReportBasis& basis, const SubjectReport& subject);

/// What a curve is of; the first regimen may stand for the subject's own dose.
std::string regimen_label(const ReportBasis& basis, const SubjectReport& subject, std::size_t r);

/// "3.2e-05" as HTML with a real exponent.
std::string scientific(double value);

}  // namespace salus::client
