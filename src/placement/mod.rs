//! Which cluster, and why: named filters, the score, explanations. Pure.
