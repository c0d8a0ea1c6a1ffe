"""How stages run: the plan, the job (what one worker does) and the runners that hand jobs out."""
