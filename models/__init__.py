"""What is true: tables, statements, rules, errors, settings, migrations."""
