"""What rules say of a film: packs of clauses as data, judged from the film's facts alone, with evidence."""
