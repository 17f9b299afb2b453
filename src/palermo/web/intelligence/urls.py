from django.urls import path

from palermo.web.intelligence import views

app_name = "intelligence"
urlpatterns = [
    path("estimates/", views.estimates, name="estimates"),
    path("estimates/new/", views.new, name="new"),
    path("estimates/<uuid:id>/", views.estimate, name="estimate"),
]
