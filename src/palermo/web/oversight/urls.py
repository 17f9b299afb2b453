from django.urls import path

from palermo.web.oversight import views

app_name = "oversight"
urlpatterns = [
    path("who-owns-this/", views.who_owns_this, name="who-owns-this"),
    path("organisation/", views.organisation, name="organisation"),
    path("policy/", views.policy_index, name="policy"),
    path("policy/rules/", views.rules, name="rules"),
    path("policy/rules/<str:id>/", views.rule, name="rule"),
    path("policy/tables/", views.tables, name="tables"),
    path("policy/silences/", views.silences, name="silences"),
    path("policy/heat/", views.heat, name="heat"),
    path("policy/sunset/", views.sunset, name="sunset"),
    path("policy/changes/", views.changes, name="changes"),
    path("policy/changes/move/", views.move, name="move"),
    path("policy/proposals/", views.proposals, name="proposals"),
    path("policy/proposals/edit/", views.proposal, name="proposal"),
    path("policy/proposals/rule/", views.proposal_rule, name="proposal-rule"),
    path("policy/proposals/move/", views.proposal_move, name="proposal-move"),
    path("policy/proposals/file/", views.proposal_file, name="proposal-file"),
    path("policy/examples/", views.examples, name="examples"),
    path("policy/figures/", views.figures, name="figures"),
    path("policy/definition/", views.definition, name="definition"),
]
