"""Archives of cases (单套归档): one sealed package of a closed case, judged offline, handed to an archive office."""
